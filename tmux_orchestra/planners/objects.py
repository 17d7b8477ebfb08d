"""What work is done on: the nouns that tell docs, tests, security, speed, machinery and upkeep from the program."""

import re

_END = r"[\s.!?,;:]*$"

TESTS = re.compile(
    r"\b(?:tests?|testing"
    r"|(?<!openapi )(?<!api )(?<!swagger )(?<!format )(?<!protocol )(?<!design )(?<!technical )(?<!functional )"
    r"specs?|test[- ](?:suite|coverage|cases?|plan|harness|data|bench|run|matrix)|coverage|qa|e2e"
    r"|(?:e2e|smoke|regression|integration|unit|test|end-to-end|acceptance|characterization|snapshot|contract|property"
    r"|load|stress|soak|fuzz|golden|visual|mutation|performance) (?:tests?|suite|checks?|coverage|cases?|specs?"
    r"|testing|runs?|pass)"
    r"|suites?|fixtures|test doubles|fuzzers?|mocks|assertions|qa (?:pass|round|run))" + _END
)
COVERAGE = re.compile(r"\b(?:to|at|above|over|under) (?:\d+ ?%|full|complete|100)? ?(?:\w+ )?(?:coverage|test|tests)\b")
"""What is brought there is tested: "get the parser to 90 % coverage"."""
DOCS = re.compile(
    r"\b(?:docs?|documentation|readmes?|readme\S*|change-?log\S*|manuals?(?! entr)|guides?|tutorials?|runbooks?|faqs?"
    r"|docstrings?|release notes|patch notes|wikis?|handbooks?|how-?tos?|playbooks?|cheat ?sheets?|walkthroughs?|adrs?"
    r"|rfcs?|(?:code|inline|doc) comments|javadocs?|jsdoc|glossary|cookbooks?|write-?ups?|white ?papers?"
    r"|post-?mortems?|how it works|knowledge ?base|help (?:cent(?:er|re)s?|texts?|pages?|files?|section)"
    r"|(?:help|support|kb|knowledge base|blog|wiki|doc\w*)(?: \w+)? (?:articles?|posts?|topics?)|quick-?starts?"
    r"|(?:migration|upgrade|user|style|set-?up|getting[- ]started|quick-?start|install\w*|contribut\w+|troubleshooting)"
    r" (?:notes|instructions|docs?|material|overview|section|pages?|diagram|descriptions?)"
    r"|(?:onboarding|usage|build|deploy\w*|handover|training|design|architecture|release|security|operat\w+)"
    r" (?:notes?|instructions|docs?|material|diagram|descriptions?)"
    r"|openapi (?:description|spec)|swagger(?: \w+)?|blog ?posts?|man ?pages?|instructions|announcement"
    r"|model cards?|data ?sheets?|data dictionar(?:y|ies)|design specs?|(?:technical|functional) specs?|(?:code|usage)"
    r" (?:samples?|examples?|snippets?)|sample code|(?:release|patch|upgrade|migration) notes?|decision records?"
    r"|style guides?|(?:deprecation|breaking change) notices?|incident reports?|primers?|faq entr(?:y|ies)"
    r"|contributing\S*|architecture diagrams?|slide deck|(?:listing|help|legal) texts?|(?:api|command|cli) reference)"
    r"(?: (?:pages?|sections?|entr(?:y|ies)|files?|chapters?|articles?))?" + _END
)
DOCS_PLACE = re.compile(
    r"\b(?:in|to|into|on|for) (?:the |our |your )?(?:[\w-]+ ){0,2}(?:docs|documentation|readme\S*|change-?log|manual"
    r"|wiki|faq|release notes|handbook|help cent(?:er|re)|knowledge base|guide|runbook|tutorial|docs/\S*|glossary"
    r"|cookbook)\b"
)
DOCS_SUBJECT = re.compile(
    r"(?:the |our )?(?:\w+ )?(?:docs|documentation|readme\S*|change-?log|manual|wiki|handbook|runbook|guide|tutorial"
    r"|faq)"
    r" (?:is|are|has|have|lacks?|misses|still|says|say|mentions?|needs?|does|do|don't|doesn't|claims?|points?|links?)\b"
    r"|(?:old|outdated|stale|wrong|missing|broken) (?:\w+ )?(?:screenshots?|examples?|links?|sections?|snippets?"
    r"|commands?)"
    r" (?:in|from|of) (?:the |our )?(?:\w+ )?(?:docs|documentation|readme\S*|change-?log|manual|wiki|handbook"
    r"|runbook|guide"
    r"|tutorial|faq)\b"
)
"""Says what is amiss with the docs."""
WITHIN_PRODUCT = re.compile(
    r"\b(?:to|in|into|for) (?:the |our )?(?:\w+ )?(?:app|game|toolbar|menu|sidebar|navigation|shop|store|settings"
    r"|course|lobby"
    r"|client|home ?screen|header|footer)[\s.!]*$"
)
"""Docs and tests there are parts of the product: "add a tutorial to the app"."""
SECURITY = re.compile(
    r"\b(?:vulnerabilit\w+|http-?only|same-?site|prepared statements|parameteri[sz]ed queries|xss|xxe|sqli|rce|csrf"
    r"|ssrf|cves?|injections?|content-security-policy|csp|hsts|security|brute[- ]force|lockout|penetration|pentest"
    r"|exploits?|privilege escalation|path traversal|malicious|harmless|hostile|untrusted|clickjacking|owasp"
    r"|credentials? leak|leaked|rate[- ]limit\w*|plain ?text passwords?|in (?:plain ?text|clear ?text)"
    r"|permissions? checks?"
    r"|access control|encryption|encrypted|passwords? hash\w*|hashing|attack\w*|tamper\w*|spoof\w*|open redirect"
    r"|(?:security|injection|xss|xxe|auth) (?:hole|gap|flaw)s?|zip slip|open redirects|hsts|session fixation"
    r"|sandbox escape|secrets?|signing keys?|personal data leak\w*)\b"
)
PROTECTION = re.compile(
    r"\b(?:tls|ssl|mtls|https|cert(?:ificate)?s?|cors|credentials|(?:api|access|signing|auth|refresh|session|ssh"
    r"|private|encryption|deploy|root)"
    r" (?:keys?|tokens?|secrets?))" + _END
)
"""Making or renewing these is security; mending them is not always."""
HOSTILE = re.compile(
    r"<script|<img|<svg|onerror=|javascript:|drop table|union select|' or |\brm -rf|\.\./|%2e%2e|%00|\\x00|/etc/passwd"
    r"|\$[({]|`[^`]*(?:; ?\w+ -|--[\w-]+=)|\{\{|alert\(|&& |\|\| |; ?(?:rm|cat|curl|sh)\b|`id`|eval\(",
    re.IGNORECASE,
)
"""What somebody would type who means harm."""
EXPOSURE = re.compile(
    r"\bcan (?:still |easily |now |simply |also )*(?:see|view|read|access|edit|change|delete|download|open|modify|list"
    r"|impersonate|approve)\b.*\b(?:other|others|each other|another|someone else|somebody else|any|all|every"
    r"|everyone)\b|\b(?:anyone|anybody|everyone|everybody|non-admins|guests|strangers|unauthenticated \w+) can\b"
    r"|\bwithout (?:logging in|being logged in|permission|authentication|a token|authori[sz]ation|a password)\b"
    r"|\bbypass\w*\b"
)
"""Lets people see or do what they must not."""
PERFORMANCE = re.compile(
    r"\b(?:fast(?:er)?|quick(?:er|ly)?|performance|performant|speed|latency|slow(?:ly|ness|er)?|sluggish|lag(?:gy|s)?"
    r"|snappi?er|snappy|under (?:a|an|one|two|three|five|half a|\d+) ?(?:ms|milliseconds?|seconds?|s|minutes?|mb|gb"
    r"|kb)\b|(?:memory|ram|battery|disk|bandwidth|cpu|gpu|power) (?:use|usage|footprint|consumption|pressure|drain)"
    r"|(?:too|so|less|that) much (?:memory|ram|battery|cpu|bandwidth|power|disk|space|time)"
    r"|(?:eats?|hogs?|burns?|drains?) (?:\w+ ){0,2}(?:memory|ram|battery|cpu|bandwidth|power|disk)"
    r"|footprint|(?:bundle|binary|image|payload|package|download|apk|app) size|n\+1|throughput|(?:load|loading"
    r"|response|start-?up|build|boot|page|query|render|rendering|compile|cold start|wait|run|training|inference"
    r"|execution)(?:ing)? ?times?|cold starts?|lazy[- ]load\w*|query count|takes? (?:\w+ ){0,3}(?:seconds?|minutes?"
    r"|hours?|ages|forever)|allocations?|fps|frame ?rate|full table scans?|round ?trips|p9[59]|time to (?:first byte"
    r"|interactive)|hot ?(?:paths?|loops?|spots?)|bottlenecks?)\b|\b(?:below|within|less than) (?:a|an|one|two|three"
    r"|five|ten|half a|\d+) ?(?:ms|milliseconds?|seconds?|minutes?|fps|[mgk]b)\b"
    r"|\bin (?:a|an|one|two|three|five|ten|half a|\d+) ?(?:ms|s|milliseconds?|seconds?|minutes?|hours?)"
    r" (?:or (?:less|faster)|at (?:the )?most|max(?:imum)?|tops)\b"
    r"|\b(?:in|takes?|taking|needs?) (?:at most|no more than|no longer than|a maximum of) (?:a|an|one|two|three|five"
    r"|ten"
    r"|half a|\d+) ?(?:ms|s|milliseconds?|seconds?|minutes?|hours?|[mgk]b)\b"
    r"|\binstead of \w+ing (?:it|them|everything|all|the \w+)\b.*\b(?:memory|at once|(?:every|each) time)\b"
)
COST = re.compile(
    r"\b(?:\w*time|\w*size|latency|memory|ms|milliseconds|seconds|minutes|[kmg]b|usage|queries|requests|calls"
    r"|re-?renders|round ?trips|copies|allocations|scans|connections|writes|reads|overhead|load|traffic|lookups|weight"
    r"|current|footprint|costs?)\b"
)
"""What is reduced to make something faster or smaller."""
INFRA = re.compile(
    r"\b(?:ci|cd|ci/cd|github actions?|gitlab|jenkins|circleci|docker\w*|compose file|kubernetes|k8s|helm|terraform"
    r"|pulumi|ansible|nginx|apache|caddy|traefik|haproxy|argo ?cd|(?:ci|build|deploy\w*|release|delivery|nightly)"
    r" (?:pipeline|workflow|script|job|process|matrix|system|server|agent|runner|image|target|config\w*)s?"
    r"|pipelines?|monitoring|alerting|prometheus|grafana|sentry|datadog|new relic|splunk|opentelemetry|staging"
    r"|clusters?|load balancers?|cdn|dns|deployments?|infrastructure|pre-commit|tox|test matrix|build matrix|backups?"
    r"|provisioning|cron ?jobs?|crontab|systemd|vagrant|makefile|cmake\S*|bazel|gradle|servers? config\w*|log rotation"
    r"|feature flag service|s3 bucket|buckets?|cloudfront|cloudflare|vpc|subnets?|firewalls?|iam"
    r"|health ?checks? for the cluster|uptime|environment variables?|env(?:ironment)? (?:vars?|config\w*)|base images?"
    r"|containers?|reverse proxy|autoscal\w+|alert(?:ing)? (?:rules?|thresholds?|polic(?:y|ies)|channels?|routes?)"
    r"|alertmanager|slos?|on-call|pager\w*|(?:staging|preview|test) environments?|devcontainer|dev container|toolchain"
    r"|(?:liveness|readiness|start-?up) probes?|(?:memory|cpu|ram|heap|swap) (?:limits?|requests?|quotas?|size)"
    r"|(?:logs?|metrics?|backup|trace)s? retention|retention of (?:the |our )?(?:logs|metrics|backups|traces)"
    r"|(?:of|on) (?:the |our |all )?(?:\w+ )?(?:servers|hosts|nodes|pods|brokers|virtual machines|vms|fleet)"
    r"|(?:kafka|redis|postgres\w*|elastic\w*|rabbitmq|etcd|cassandra|mongo\w*|worker|cluster|data|prod\w*|disk|docker"
    r"|persistent|ebs) (?:partitions?|topics?|shards?|brokers?|volumes?|nodes?|pods?|replicas?|instances?)"
    r"|(?:ci|build|gitlab|github|self-hosted) runners?|spot instances|instance (?:types?|sizes?)"
    r"|alerts? (?:for|on|when|about|if) (?:the |a |full |failed |failing |high |slow |expiring )*(?:disks?|queues?"
    r"|latency|cpu|memory"
    r"|error rates?|jobs|builds|backups|certificates?|downtime|deploys?)"
    r"|(?:read )?replicas?|maintenance (?:mode|window)|search index|logging stack|observability|telemetry pipeline)\b"
)
SPEEDING = re.compile(
    r"(?:\b(?:caching|connection pools?|caches?|memoi[sz]ation|lazy[- ]load\w*|pre-?(?:fetch|load|comput)\w*"
    r"|compression|pooling"
    r"|parallelism|vectori[sz]ation)|^(?:(?:an?|the|some|missing|database|db|sql|composite|partial"
    r"|covering) )*index(?:es)?)" + _END
)
"""Added to a program, these make it faster."""
DELIVERY = re.compile(
    r"\b(?:ci|ci/cd|github actions?|gitlab ci|jenkins|(?:build|ci|deploy\w*|release) pipeline|docker\w*|kubernetes|k8s"
    r"|helm|terraform|nginx|clusters?|cron ?jobs?|devcontainer|crontab|(?:build|test|version|ci) matrix|(?:to"
    r"|from) the matrix|compose file"
    r"|worker pods"
    r"|(?:nginx|caddy|apache|haproxy|traefik|envoy|helm|terraform) config\w*|cdn|load balancers?)\b"
)
"""Machinery wherever in the clause it is named."""
MACHINE_FILES = re.compile(
    r"(?:^|[\s`\"'(])(?:(?:docker-)?compose(?:\.\w+)*\.ya?ml|dockerfile\S*|\S+\.tf(?:vars)?|jenkinsfile|makefile"
    r"|caddyfile"
    r"|nginx\.conf|\.github/workflows\S*|\.gitlab-ci\.yml|values\.ya?ml|chart\.yaml|\S*\bk8s/\S*|\S+\.service|crontab)\b",
    re.IGNORECASE,
)
"""What machinery is described in."""
UPKEEP = re.compile(
    r"\b(?:licen[cs]e (?:headers?|files?|texts?)|copyright (?:headers?|years?|notices?)|(?:\.?)(?:editorconfig"
    r"|gitignore|gitattributes|nvmrc|tool-versions|npmrc)|codeowners|dependabot|renovate(?: bot)?|lock ?files?"
    r"|dependenc(?:y|ies)|deps|node_modules|(?:issue|pr|pull request) templates?|git hooks|import order|imports"
    r"|(?:stale|merged|old|dead|unused) (?:branches|issues|prs|pull requests|tickets)"
    r"|copyrights?|vendored (?:code|libs|libraries))(?: files?)?" + _END
)
"""Housekeeping of the repository."""
BUILDS = re.compile(
    r"\b(?:(?:nightly|release|debug|reproducible|multi-arch|arm(?:64)?|windows|linux|mac(?:os)?|docker|preview|canary"
    r"|universal"
    r"|static|cross) builds?|installers?|code signing|(?:release|build) art[ei]facts?|signed (?:builds?|binaries"
    r"|images))" + _END
)
"""What a build machine makes."""
REBUILT = re.compile(
    r"\b(?:index|indexes|indices|caches?|images?|containers?|clusters?|servers?|environments?|artifacts?)" + _END
)
"""Rebuilt, these are machinery: the product stays as it is."""
DEPENDENCY = re.compile(
    r"\b(?:dependenc(?:y|ies)|deps|npm packages?|packages|third-party libraries|libraries|lock ?files?"
    r"|requirements\.txt|gems|crates|sub-?modules?|licen[cs]es?|copyright|gitignore|editorconfig|linters?"
    r"|toolchain version|to (?:v?\d|version|(?:the |their |its )?(?:latest|newest|current))"
    r"|to (?:[\w.]+ )?v?\d+(?:\.\d+)+)\b"
)
TROUBLE = re.compile(
    r"\b(?:bugs?|crash(?:es)?|regressions?|errors?|issues?|glitch(?:es)?|problems?|(?:memory |file descriptor "
    r"|connection )?leaks?|defects?|failures?|flaws?|hangs?"
    r"|(?<!card )(?<!account )(?<!price )(?<!credit )(?<!code )(?<!membership )(?<!subscription )freezes?"
    r"|flicker(?:ing)?|stutter(?:s|ing)?"
    r"|race(?: condition)?s?|deadlocks?|panics?|segfaults?|off-by-ones?|overflows?|exceptions?|null pointers?|npes?"
    r"|mismatch(?:es)?|hiccups?|breakage|duplicates?|(?:doubled?|broken|wrong|missing|flaky|stale|misaligned|garbled"
    r"|bogus) \w+(?: \w+)?|duplicated? (?!code|logic|helpers?|functions?|class|implementation|styles?|css)\w+(?: \w+)?"
    r"|fix(?:es)?|bug ?fix(?:es)?"
    r"|hotfix(?:es)?|typos?|double free|stack overflow|infinite loop|dead links?|corrupt(?:ed|ion)?(?: \w+)?|timeouts?)"
    + _END
)
"""Things that go wrong."""
ABOUT_TROUBLE = re.compile(
    r"\b(?:bugs?|errors?|crash|problem|issue|failure|fault|incident|timeout|duplicates?|conflict|exception|outage"
    r"|leak)[- ]"
    r"(?:report\w*|track\w+|forms?|buttons?|pages?|messages?|dialogs?|logs?|logging|list|handl\w+|detect\w+|monitoring"
    r"|recovery|alerts?|notifications?|codes?|boundar(?:y|ies)|settings?|screens?|filters?|counters?|rates?|banner"
    r"|toasts?"
    r"|views?|resolution|warnings?|prevention)" + _END
)
"""Things of the product that deal with what goes wrong."""
SCREENS_AND_PARTS = re.compile(
    r"(?:[\w-]+ ){0,2}?(?:pages?|screens?|views?|forms?|buttons?|dialogs?|modals?|menus?|tabs?|panels?|lists?|logs?"
    r"|history"
    r"|calendars?|planner|builder|editor|viewer|pickers?|reminders?|notifications?|templates?|pictures?|photos?|images?"
    r"|avatars?|codes?|mode|book|widgets?|tracker|tracking|endpoints?|flow|wizard|search|filters?|toolbar|banners?"
    r"|badges?"
    r"|map|timeline|charts?|dashboards?|schedules?|checklists?|marketplace|autocomplete|suggestions|requests|export"
    r"|import"
    r"|points|counters?|timers?|payments?|bills|cards?|tickets?|bookings?|levels?|trails?|scores?|settings|options"
    r"|lines|notes)"
    r"(?: (?:for|in|of|on|with|per|between|at|to|by) .+)?[\s.!]*"
)
"""Parts of a product, named without an article."""
DESTINATION = re.compile(
    r"(?:^|\b(?:to|on|onto|in|into|for|with)\s)\s*(?:the |our |all |every |each |both )*(?:prod(?:uction)?|staging|live"
    r"|registry|registries|pypi|npm|maven(?: central)?|crates\.io|rubygems|nuget|homebrew|docker hub|marketplace"
    r"|test ?flight|itch\.io|winget|(?:app |play |web |chrome |ms |microsoft |mac |extension |\w+ )?stores?|everyone"
    r"|everybody|(?:\w+ )?(?:users?|customers?|clients?|tenants?|fleet|devices|servers?|clusters?)|public|world|main"
    r"|master)\b"
)
"""Where a product goes."""
BUG = re.compile(
    r"\b(?:bugs?|crash(?:es)?|typos?|regressions?|errors?|broken|issues?|flaky|glitch(?:es)?|problems?|misaligned"
    r"|leaks?)\b"
    r"|\b(?:correctly|properly|right|again|reliably)" + _END
)
WORDING = re.compile(r"\b(?:typos?|wording|spelling|grammar)\b")
RELEASE = re.compile(r"\b(?:deployments?|release|launch|roll-?out|go-live|rollout)" + _END)
