"""What work is done on: the nouns that tell docs, tests, security, speed, machinery and upkeep from the program."""

import re

_END = r"[\s.!?,;:]*$"

TESTS = re.compile(
    r"\b(?:tests?|testing|specs?|test[- ](?:suite|coverage|cases?|plan|harness|data|bench|run|matrix)|coverage|qa|e2e"
    r"|(?:e2e|smoke|regression|integration|unit|test|end-to-end|acceptance|characterization|snapshot|contract"
    r"|property|load"
    r"|stress|soak|fuzz|golden|visual|mutation|performance) (?:tests?|suite|checks?|coverage|cases?|specs?|testing"
    r"|runs?|pass)"
    r"|suites?|fixtures|test doubles|fuzzers?|mocks|assertions|qa (?:pass|round|run))" + _END
)
COVERAGE = re.compile(r"\b(?:to|at|above|over|under) (?:\d+ ?%|full|complete|100)? ?(?:\w+ )?(?:coverage|test|tests)\b")
"""What is brought there is tested: "get the parser to 90 % coverage"."""
DOCS = re.compile(
    r"\b(?:docs?|documentation|readmes?|readme\S*|change-?log\S*|manuals?|guides?|tutorials?|runbooks?|faqs?"
    r"|docstrings?"
    r"|release notes|patch notes|wikis?|handbooks?|how-?tos?|playbooks?|cheat ?sheets?|walkthroughs?|adrs?"
    r"|rfcs?|(?:code|inline|doc) comments|javadocs?|jsdoc|glossary|cookbooks?|write-?ups?|white ?papers?"
    r"|post-?mortems?|how it works|knowledge ?base|help (?:cent(?:er|re)s?|texts?|pages?|files?|section)"
    r"|(?:help|support|kb|knowledge base|blog|wiki|doc\w*)(?: \w+)? (?:articles?|posts?|topics?)|quick-?starts?"
    r"|(?:migration|upgrade|user|style|set-?up|getting[- ]started|quick-?start|onboarding|install\w*|usage|build"
    r"|deploy\w*"
    r"|handover|training|design|architecture|release|contribut\w+|security|operat\w+|troubleshooting)"
    r" (?:notes|instructions|docs?|material|overview|section|pages?|diagram|descriptions?)"
    r"|openapi (?:description|spec)|swagger(?: \w+)?|blog ?posts?|man ?pages?|instructions|announcement"
    r"|contributing\S*|architecture diagrams?|slide deck|(?:listing|help|legal) texts?|(?:api|command|cli) reference)"
    r"(?: (?:pages?|sections?|entr(?:y|ies)|files?|chapters?|articles?))?" + _END
)
DOCS_PLACE = re.compile(
    r"\b(?:in|to|into|on|for) (?:the |our |your )?(?:[\w-]+ ){0,2}(?:docs|documentation|readme\S*|change-?log|manual"
    r"|wiki|faq"
    r"|release notes|handbook|help cent(?:er|re)|knowledge base|guide|runbook|tutorial|docs/\S*|glossary|cookbook)\b"
)
SECURITY = re.compile(
    r"\b(?:vulnerabilit\w+|xss|csrf|ssrf|cves?|injections?|content-security-policy|csp|hsts|security|brute[- ]force"
    r"|lockout"
    r"|penetration|pentest|exploits?|privilege escalation|path traversal|malicious|harmless|hostile|untrusted"
    r"|clickjacking"
    r"|owasp|credentials? leak|leaked|plain ?text passwords?|in (?:plain ?text|clear ?text)|permissions? checks?"
    r"|access control|encryption|encrypted|passwords? hash\w*|hashing|attack\w*|tamper\w*|spoof\w*|open redirect"
    r"|session fixation|sandbox escape|secrets?|signing keys?|personal data leak\w*)\b"
)
PROTECTION = re.compile(
    r"\b(?:tls|ssl|mtls|https|cert(?:ificate)?s?|cors|credentials|(?:api|access|signing|auth|refresh|session|ssh"
    r"|private|encryption|deploy|root)"
    r" (?:keys?|tokens?|secrets?))" + _END
)
"""Making or renewing these is security; mending them is not always."""
HOSTILE = re.compile(
    r"<script|<img|<svg|onerror=|javascript:|drop table|union select|' or |\brm -rf|\.\./|%2e%2e|%00|\\x00"
    r"|/etc/passwd|\$[({]"
    r"|`[^`]*(?:; ?\w+ -|--[\w-]+=)|\{\{|alert\(|&& |\|\| |; ?(?:rm|cat|curl|sh)\b|`id`|eval\(",
    re.IGNORECASE,
)
"""What somebody would type who means harm."""
PERFORMANCE = re.compile(
    r"\b(?:fast(?:er)?|quick(?:er|ly)?|performance|performant|speed|latency|slow(?:ly|ness|er)?|sluggish|lag(?:gy"
    r"|s)?|snappi?er"
    r"|snappy|under (?:a|an|one|two|three|five|half a|\d+) ?(?:ms|milliseconds?|seconds?|s|minutes?|mb|gb|kb)\b"
    r"|(?:memory|ram|battery|disk|bandwidth|cpu|gpu|power) (?:use|usage|footprint|consumption|pressure|drain)|footprint"
    r"|(?:bundle|binary|image|payload|package|download|apk|app) size|n\+1|throughput|(?:load|loading|response"
    r"|start-?up|build"
    r"|boot|page|query|render|rendering|compile|cold start|wait|run|training|inference|execution)(?:ing)? ?times?"
    r"|cold starts?"
    r"|lazy[- ]load\w*|query count|takes? (?:\w+ ){0,3}(?:seconds?|minutes?|hours?|ages|forever)|allocations?|fps"
    r"|frame ?rate"
    r"|full table scans?|round ?trips|p9[59]|time to (?:first byte|interactive)|hot (?:path|loop)|bottlenecks?)\b"
    r"|\b(?:below|within|less than) (?:a|an|one|two|three|five|ten|half a|\d+) ?(?:ms|milliseconds?|seconds?"
    r"|minutes?|fps|[mgk]b)\b"
)
COST = re.compile(
    r"\b(?:\w*time|\w*size|latency|memory|ms|milliseconds|seconds|minutes|[kmg]b|usage|queries|requests|calls)\b"
)
"""What is reduced to make something faster or smaller."""
INFRA = re.compile(
    r"\b(?:ci|cd|ci/cd|github actions?|gitlab|jenkins|circleci|docker\w*|compose file|kubernetes|k8s|helm|terraform"
    r"|pulumi"
    r"|ansible|nginx|apache|caddy|traefik|haproxy|argo ?cd|(?:ci|build|deploy\w*|release|delivery|nightly)"
    r" (?:pipeline|workflow|script|job|process|matrix|system|server|agent|runner|image|target|config\w*)s?"
    r"|pipelines?|monitoring|alerting|prometheus|grafana|sentry|datadog|new relic|splunk|opentelemetry|staging"
    r"|clusters?|load balancers?|cdn|dns|deployments?|infrastructure|pre-commit|tox|test matrix|build matrix|backups?"
    r"|provisioning|cron ?jobs?|crontab|systemd|vagrant|makefile|cmake\S*|bazel|gradle|servers? config\w*|log rotation"
    r"|feature flag service|s3 bucket|buckets?|cloudfront|cloudflare|vpc|subnets?|firewalls?|iam"
    r"|health ?checks? for the cluster"
    r"|uptime|environment variables?|env(?:ironment)? (?:vars?|config\w*)|base images?|containers?|reverse proxy"
    r"|autoscal\w+"
    r"|on-call|pager\w*|(?:staging|preview|test) environments?|devcontainer|dev container|toolchain|(?:read )?replicas?"
    r"|maintenance (?:mode|window)|search index|logging stack|observability|telemetry pipeline)\b"
)
SPEEDING = re.compile(
    r"\b(?:caching|caches?|memoi[sz]ation|lazy[- ]load\w*|pre-?(?:fetch|load|comput)\w*|compression|pooling|batching"
    r"|debouncing"
    r"|throttling|parallelism|vectori[sz]ation|(?:database |db |missing |sql |composite |covering )indexe?s?)" + _END
)
"""Added to a program, these make it faster."""
DELIVERY = re.compile(
    r"\b(?:ci|ci/cd|github actions?|gitlab ci|jenkins|(?:build|ci|deploy\w*|release) pipeline|docker\w*|kubernetes"
    r"|k8s|helm"
    r"|terraform|nginx|clusters?|cron ?jobs?|devcontainer|crontab)\b"
)
"""Machinery wherever in the clause it is named."""
REBUILT = re.compile(
    r"\b(?:index|indexes|indices|caches?|images?|containers?|clusters?|servers?|environments?|artifacts?)" + _END
)
"""Rebuilt, these are machinery: the product stays as it is."""
DEPENDENCY = re.compile(
    r"\b(?:dependenc(?:y|ies)|deps|npm packages?|packages|third-party libraries|libraries|lock ?files?"
    r"|requirements\.txt"
    r"|gems|crates|sub-?modules?|licen[cs]es?|copyright|gitignore|editorconfig|linters?|toolchain version"
    r"|to (?:v?\d|version|the latest|latest|the newest)|to (?:[\w.]+ )?v?\d+(?:\.\d+)+)\b"
)
BUG = re.compile(
    r"\b(?:bugs?|crash(?:es)?|typos?|regressions?|errors?|broken|issues?|flaky|glitch(?:es)?|problems?|misaligned"
    r"|leaks?)\b"
    r"|\b(?:correctly|properly|right|again|reliably)" + _END
)
WORDING = re.compile(r"\b(?:typos?|wording|spelling|grammar)\b")
RELEASE = re.compile(r"\b(?:deployments?|release|launch|roll-?out|go-live|rollout)" + _END)
