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
    r"\b(?:docs?|documentation|readmes?|readme\S*|change-?log\S*|manuals?|guides?|tutorials?|runbooks?|faqs?"
    r"|docstrings?|release notes|patch notes|wikis?|handbooks?|how-?tos?|playbooks?|cheat ?sheets?|walkthroughs?|adrs?"
    r"|rfcs?|(?:code|inline|doc) comments|javadocs?|jsdoc|glossary|cookbooks?|write-?ups?|white ?papers?"
    r"|post-?mortems?|how it works|knowledge ?base|help (?:cent(?:er|re)s?|texts?|pages?|files?|section)"
    r"|(?:help|support|kb|knowledge base|blog|wiki|doc\w*)(?: \w+)? (?:articles?|posts?|topics?)|quick-?starts?"
    r"|(?:migration|upgrade|user|style|set-?up|getting[- ]started|quick-?start|onboarding|install\w*|usage|build"
    r"|deploy\w*|handover|training|design|architecture|release|contribut\w+|security|operat\w+|troubleshooting)"
    r" (?:notes|instructions|docs?|material|overview|section|pages?|diagram|descriptions?)"
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
SECURITY = re.compile(
    r"\b(?:vulnerabilit\w+|http-?only|same-?site|prepared statements|parameteri[sz]ed queries|xss|xxe|sqli|rce|csrf"
    r"|ssrf|cves?|injections?|content-security-policy|csp|hsts|security|brute[- ]force|lockout|penetration|pentest"
    r"|exploits?|privilege escalation|path traversal|malicious|harmless|hostile|untrusted|clickjacking|owasp"
    r"|credentials? leak|leaked|plain ?text passwords?|in (?:plain ?text|clear ?text)|permissions? checks?"
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
    r"|footprint|(?:bundle|binary|image|payload|package|download|apk|app) size|n\+1|throughput|(?:load|loading"
    r"|response|start-?up|build|boot|page|query|render|rendering|compile|cold start|wait|run|training|inference"
    r"|execution)(?:ing)? ?times?|cold starts?|lazy[- ]load\w*|query count|takes? (?:\w+ ){0,3}(?:seconds?|minutes?"
    r"|hours?|ages|forever)|allocations?|fps|frame ?rate|full table scans?|round ?trips|p9[59]|time to (?:first byte"
    r"|interactive)|hot ?(?:paths?|loops?|spots?)|bottlenecks?)\b|\b(?:below|within|less than) (?:a|an|one|two|three"
    r"|five|ten|half a|\d+) ?(?:ms|milliseconds?|seconds?|minutes?|fps|[mgk]b)\b"
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
    r"|(?:read )?replicas?|maintenance (?:mode|window)|search index|logging stack|observability|telemetry pipeline)\b"
)
SPEEDING = re.compile(
    r"(?:\b(?:caching|caches?|memoi[sz]ation|lazy[- ]load\w*|pre-?(?:fetch|load|comput)\w*|compression|pooling"
    r"|parallelism|vectori[sz]ation)|^(?:(?:an?|the|some|missing|database|db|sql|composite|partial"
    r"|covering) )*index(?:es)?)" + _END
)
"""Added to a program, these make it faster."""
DELIVERY = re.compile(
    r"\b(?:ci|ci/cd|github actions?|gitlab ci|jenkins|(?:build|ci|deploy\w*|release) pipeline|docker\w*|kubernetes|k8s"
    r"|helm|terraform|nginx|clusters?|cron ?jobs?|devcontainer|crontab)\b"
)
"""Machinery wherever in the clause it is named."""
UPKEEP = re.compile(
    r"\b(?:licen[cs]e (?:headers?|files?|texts?)|copyright (?:headers?|years?|notices?)|(?:\.?)(?:editorconfig"
    r"|gitignore|gitattributes|nvmrc|tool-versions|npmrc)|codeowners|dependabot|renovate(?: bot)?|lock ?files?"
    r"|dependenc(?:y|ies)|deps|node_modules|(?:issue|pr|pull request) templates?|git hooks|import order|imports"
    r"|(?:stale|merged|old|dead|unused) (?:branches|issues|prs|pull requests|tickets)"
    r"|copyrights?|vendored (?:code|libs|libraries))" + _END
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
    r"|toolchain version|to (?:v?\d|version|the latest|latest|the newest)|to (?:[\w.]+ )?v?\d+(?:\.\d+)+)\b"
)
TROUBLE = re.compile(
    r"\b(?:bugs?|crash(?:es)?|regressions?|errors?|issues?|glitch(?:es)?|problems?|(?:memory |file descriptor "
    r"|connection )?leaks?|defects?|failures?|flaws?|hangs?|freezes?|flicker(?:ing)?|stutter(?:s|ing)?"
    r"|race(?: condition)?s?|deadlocks?|panics?|segfaults?|off-by-ones?|overflows?|exceptions?|null pointers?|npes?"
    r"|mismatch(?:es)?|hiccups?|breakage|duplicates?|double \w+|doubled \w+|broken \w+|wrong \w+|missing \w+"
    r"|duplicated? \w+|flaky \w+|stale \w+|misaligned \w+|fix(?:es)?|bug ?fix(?:es)?"
    r"|hotfix(?:es)?|typos?|double free|stack overflow|infinite loop|dead links?|corrupt(?:ed|ion)?(?: \w+)?|timeouts?)"
    + _END
)
"""Things that go wrong."""
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
