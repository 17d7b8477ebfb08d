r"""Idioms by the kind of work they mean, in the order in which they are tried.

Each line is a pattern for the whole instruction from its verb on, " ... " in it stands for any words between.
"""

from tmux_orchestra.core.plan import Kind

_QUANTITY = (
    r"(?:an?|one|two|three|five|ten|half an?|a few(?: hundred)?|some|\d[\d.,]*) ?(?:ms|msecs?|milliseconds?|s|secs?"
    r"|seconds?|m|mins?|minutes?|h|hours?|days?|[kmg]i?b|bytes|(?:kilo|mega|giga)bytes|fps|percent|%|m?a|m?w|watts?"
    r"|queries|requests|round ?trips|allocations)(?=[\s.,!?;:)]|$)"
)
_STOPPING = r"(?:stop|don't|do not|never|avoid|prevent|no longer|quit)"
_SENSITIVE = (
    r"(?:passwords?|(?:access|auth|refresh|session|api|bearer) (?:tokens?|keys?)|secrets?|credentials|card numbers?"
    r"|pins"
    r"|private keys?|personal data|pii|ssns?)"
)
_OWN_PLACE = (
    r"(?:(?:its|their) own|(?:an? )?(?:separate|smaller|several|individual|different|dedicated|multiple|reusable"
    r"|shared|own|two|three|four|five|\d+|new) |modules|packages|files|pieces|parts|functions|components|services"
    r"|layers)"
)
_PAPERS = r"(?:pages?|sections?|articles?|paragraphs?|chapters?|notes?|posts?|entry|entries|texts?)"
_PLATFORM = (
    r"(?:instances?|servers?|hosts?|machines?|vms?|box|region|data ?cent(?:er|re)|rds|aurora|aws|gcp|azure|eks|gke|ecs"
    r"|hetzner|fly\.io|heroku|vercel|netlify|arm(?:64)?(?: nodes| instances)?|graviton|ubuntu\S*|debian\S*|alpine\S*"
    r"|loki)"
)

LEFT_OFF: tuple[tuple[Kind, str], ...] = (
    # What nobody may see.
    (
        "security",
        rf"""
        {_STOPPING} ... (?:log|print|expos|leak|send|return|show|stor|commit|echo|dump|cach\
        |includ)\w* ... {_SENSITIVE}\b
        """,
    ),
    # What costs too much.
    (
        "performance",
        rf"""
        {_STOPPING} ... (?:load|fetch|read|query|poll|recomput|recalculat|re-?render|render|rebuild|copy|pars|download\
        |reload|refetch|scan|allocat)\w* ... (?:whole|entire|all|every|each time|over and over|again and again\
        |into memory|at once|for nothing|unnecessarily|needlessly)\b
        {_STOPPING} ... n\+1\b
        """,
    ),
    # What happens too often, or should not happen at all.
    (
        "bugfix",
        rf"""
        {_STOPPING} ... \w+ing ... (?:twice|the same|double|duplicates?|again)\b
        (?:don't|do not|never)\b
        """,
    ),
)
"""Instructions to leave something off."""

IDIOMS: tuple[tuple[Kind, str], ...] = (
    # Machinery: its resources, where it runs, what it speaks, when it calls somebody.
    (
        "infra",
        rf"""
        (?:give|grant|allocate|assign) ... (?:more|less|\d+ ?[gm]i?b(?: of)?) \
        (?:memory|cpu|ram|cores|disk|nodes|replicas|resources|headroom|heap)\b
        (?:rebalance|resize|scale|drain|vacuum|compact|defragment|reshard|repartition|fail over|failover) ... \
        (?:partitions?|shards?|topics?|brokers|nodes?|clusters?|pods?|workers|volumes?|disks?|instances?|region\
        |replicas?|tables?|database|db|primary|secondary|standby|pool|servers?|fleet|hosts?)\b
        (?:move|migrate|switch|relocate|transfer|shift|take|bring) ... to (?:an? |the |our )?\
        (?:new |own |managed |bigger |larger |smaller |cheaper |dedicated |second |other |different )*{_PLATFORM}\b
        (?:enable|disable|turn (?:on|off)|switch (?:on|off)|activate|deactivate|serve|retire|allow) ... \
        (?:http/?[23]|quic|brotli|gzip|zstd|ipv[46]|tls ?1\.\d|keep-?alive|ocsp(?: stapling)?|dnssec|s?ftp|telnet\
        |swap)\b
        (?:point|route|redirect|move) (?:the )?(?:domain|dns|subdomain|apex)\b
        (?:alert|warn|page|notify|ping|tell|wake|mail|e-?mail|message|text|call) \
        (?:us|me|ops|devops|the team|(?:the )?on-?call\w*(?: engineer)?|the admins?) ... \
        (?:disks?|queue|error rate|latency|cpu|memory|certificates?|backups?|builds?|deploys?|servers?|clusters?\
        |heartbeat|services?|hosts?|pods?|5xx|crash\w*|jobs?)\b
        (?:send|ship|upload|forward|push|pipe|stream|report|export|emit|route|move) ... to \
        (?:sentry|datadog|prometheus|grafana|loki|splunk|new relic|honeycomb|logstash|opentelemetry|cloudwatch\
        |pagerduty\
        |opsgenie)\b
        (?:build|compile|publish|ship|package|cross-compile) ... for (?:arm\w*|aarch64|x86\w*|amd64|musl|alpine|linux\
        |windows|mac ?os|apple silicon|debian|risc-?v)\b
        rotate ... log(?:s| ?files?)?\b
        (?:collect|gather) ... from (?:the |all |our |every )?(?:nodes?|hosts?|servers?|pods?|workers?)\b
        (?:split|merge|reorder|parallelize|fix|change) (?:the )?(?:\w+ )?(?:ci|build|deploy|pipeline) (?:jobs?\
        |stages?|steps?)\b
        """,
    ),
    # On show, not behind the scenes: "rotate" is done to keys as well as to photos.
    (
        "feature",
        r"""
        rotate\b(?!.*\b(?:keys?|secrets?|tokens?|credentials?|passwords?|certs?|certificates?|pins?)\b)
        switch between\b
        ship (?:the |a |an |our )(?:new|improved|redesigned|first) (?!version|release|build|app|site|image|model)\w+
        set up (?:the |an? )?(?:sso|oauth|logins?|authentication|user accounts|payments?|push notifications?\
        |webhooks|i18n)\b
        """,
    ),
    # Nobody may do what is not theirs to do.
    (
        "security",
        r"""
        require (?:an? |the )?(?:\w+ )?(?:password|login|log-in|authentication|auth|2fa|mfa|permission|token)s?\b
        (?:limit|restrict|control|check|define) who (?:can|may|is allowed to|gets to)\b
        (?:check|verify|enforce|validate) ... (?:redirect (?:target|ur[il])s?|permissions?|ownership|authori[sz]ation\
        |signatures?|csrf)\b
        expire ... (?:tokens?|links?|sessions?|invit\w+|keys?)\b
        make ... (?:cookies?|headers?|passwords?) ... (?:secure|safe|strict|opaque)\b
        (?:remove|delete|move|get|take|pull|purge) ... hard-?coded (?:\w+ )?(?:credentials|keys?|passwords?|secrets?\
        |tokens?)\b
        (?:remove|delete|move|get|take|pull|purge) ... (?:credentials|passwords?|api keys?\
        |secrets?) (?:out )?(?:from|of) \
        (?:the )?(?:repo\w*|config\w*|logs?|code|source\w*|history|urls?)\b
        (?:code-?)?sign\b(?! (?:up|in|out|on|off)\b).*\b(?:images?|installers?|binar\w+|packages?|apks?|releases?\
        |builds?\
        |art[ei]facts?|firmware|commits?|executables?|updates?|dmg|msi|jars?)\b
        """,
    ),
    # To this much less time or space; all at once, or only what is needed.
    (
        "performance",
        rf"""
        (?:get|bring|push|take|cut|trim|shave|reduce|lower|drop|squeeze|drive|shrink|slim|knock|compress|keep|hold\
        |speed\
        |make) ... (?:under|below|less than|beneath|no more than|at most|down to|sub)[ -](?:the )?(?:\w+ )?{_QUANTITY}
        (?:shave|knock|cut|trim|take|save|squeeze) ... {_QUANTITY}\s+(?:off|from|out of|on|per)\b
        (?:knock|get|bring|drive|push|keep|cut|take) ... (?:size|time|latency|usage|footprint|cost|memory\
        |cpu)s?\b.* down\b
        (?:save|spare) ... (?:queries|memory|cpu|bandwidth|round ?trips|allocations|battery|disk space)\b
        (?:fetch|load|read|get|query|update|insert|save|send|write|resolve|delete|upload|process) ... \
        (?:in (?:one|a single|fewer|just one|1) (?:query|queries|requests?|calls?|go|round ?trip|batch|statement|pass)\
        |in (?:bulk|batches|chunks|parallel)|lazily|on demand)\b
        batch ... (?:inserts|writes|requests|queries|updates|calls|reads|lookups|events|uploads)\b
        (?:render|load|draw|fetch|compute|update|rebuild|build|compile|parse|download|recompute|redraw|index|sync|lint\
        |test) only (?:the |those |that |what )?(?:visible|changed|modified|needed|affected|necessary|has changed|is)\b
        reuse ... (?:connections?|buffers?|sockets?|sessions?|results?|clients?|threads?|allocations?)\b
        index ... by\b|index the \w+ (?:table|column)
        (?:cut|slash|halve) ... (?:starts?|start-?up|times?|size|latency|memory|costs?|usage|load|traffic\
        |duration) ... in half
        (?:make|do|let) ... (?:in parallel|concurrently|asynchronously|lazily)\b
        """,
    ),
    # On paper; nobody writes "a page about" anything else.
    (
        "docs",
        rf"""
        (?:write|draft|prepare|add|compose|contribute) (?:an? |the |some |another |one )?(?:\w+ ){{0,2}}{_PAPERS} \
        (?:about|on|explaining|describing|that explains|that describes|on how|for support)\b
        add ... (?:examples?|samples?|explanations?) to (?:the )?(?:\w+ )?(?:--?help|help|usage|docs)\b
        draw ... diagrams?\b
        """,
    ),
    (
        "test",
        r"""
        (?:get|bring|raise|increase|push|improve|lift|up|boost|bump) ... coverage\b
        (?:mock|stub|fake|freeze|seed|patch|replace|use) ... in (?:the |our |all )?(?:\w+ )?(?:tests|specs)\b
        (?:make sure|ensure|see) ... (?:is|are|gets?) (?:\w+ )?(?:tested|covered)\b
        """,
    ),
    (
        "research",
        r"""
        (?:do|prepare|write|make|draw up|put together|perform|carry out|run|give us|get us|get)\s+(?:an? |the |some \
        |our \
        |short |quick |small |first |thorough )*(?:comparison|evaluation|analysis|assessment|feasibility study|study\
        |survey|investigation|spike|cost estimate|estimate|overview of (?:the )?options|(?:numbers|figures) (?:on|about\
        |for)|data on)\b
        """,
    ),
    # A release of the whole.
    (
        "infra",
        r"""
        tag (?:it|this|that|them)\b
        (?:cut|tag|make|do|draft|prepare|create|build|start|finish|push)\s+\
        (?:the |a |an |our |it as |this as )?(?:new |next |first |final |last )*\
        (?:(?:[\w.\u02d0/-]+ )?(?:release|rc|branch|tag|release candidate|version)|v?\d+\.\d[\w.]*)\
        (?=[\s.,!]*$|,?\s(?:v?\d|\u02d0|for|of|to|from|on|with|by|and|today|tomorrow|now|once|as|off)\b)
        """,
    ),
    # The next version of what it is built with; the tools that keep it tidy.
    (
        "chore",
        r"""
        pin\b.*(?:\b(?:to|at|below|under|on) (?:v?\d|version|the)|==|\bdependenc|\blinters?\b|\bversions?\b\
        |\bpackages?\b|\bactions?\b|\bimages?\b|\bdeps\b|\btools?\b|\bcompilers?\b)
        (?:raise|set|move|lower|increase|lift|update|change|switch|take|drop|require|bring)\s+.*\b(?:min\w*\
        |target\w*|sdk\
        |runtime|toolchain|compiler|node(?:\.js)?|python|ruby|java|jdk|golang|rust|php|kotlin|swift|dotnet|android|ios\
        |macos|msrv|edition|typescript|versions?)(?: (?:version|target|level|api level|sdk))? to (?:at least )?v?\d
        (?:move|upgrade|go|switch|take|bring|get|bump|update|jump)\s+(?:(?:us|everything|over|everyone\
        |(?:the |our |all )(?:\w+ )?(?:repos?|repository|projects?|code\w*|apps?|backend|frontend|services?|build\
        |monorepo|team|packages)) )?(?:on|onto|to) (?:the )?(?:latest |new(?:est)? )?[\w.+#-]+ v?\d[\w.]*(?=[\s.!]*$\
        |,|\s\s)
        (?:move|upgrade|go|switch|take|bring|get|bump|update|jump|migrate) ... from (?:[\w.+-]+ )?v?\d[\w.]* to \
        (?:[\w.+-]+ )?v?\d[\w.]*
        (?:switch|change|move|update|apply|run|enable|add|set up|configure|use|introduce) ... (?:linters?|formatters?\
        |prettier|eslint|ruff|editorconfig|gofmt|rustfmt|clang-format)\b(?!.*\b(?:ci|pipeline|job|hook)\b)
        """,
    ),
    # Apart, out of the way, or behind something.
    (
        "refactor",
        rf"""
        (?:break|split|cut|chop|carve|divide|slice|separate|factor|pull|move|extract|lift) ... (?:into {_OWN_PLACE}\
        |in (?:two|three|four|half|\d+)\b)
        (?:pull|take|lift|get|cut|split|break|carve|rip|move|tear|factor|tease|peel|spin) ... (?:out of|apart|out\
        |off)\b\
        (?! the (?:screen|viewport))
        (?:throw|toss|chuck|kick|strip|clear|sweep|weed|take|bin|rip|yank) ... (?:out|away)[\s.!]*$
        use\b.* (?:instead of|rather than|everywhere|throughout|consistently)\b
        (?:put|move|give|place|lift|bring|get) ... (?:(?:in|into|to) (?:its|their|an?|his) own|of (?:its|their) own)\b
        (?:hide|put|wrap|place|abstract|keep) ... behind (?:an?|the|one) (?:\w+ )?(?:interface|trait|facade|adapter\
        |abstraction|port|protocol|wrapper)\b
        (?:add|introduce|create|extract|use|build) ... (?:repository|service|abstraction|data[- ]access|persistence\
        |domain|adapter) (?:layer|pattern|objects?)[\s.!]*$
        (?:add|use|introduce) ... type (?:hints?|annotations?)\b
        (?:add|give|write) (?:\w+ )?types? (?:to|for)\b|type (?:the|our|all)\b
        (?:turn(?! on| off)|convert|change|make) ... (?:into |to )?(?:an? )?(?:promises|hooks?|async(?:/await)?\
        |generators?|(?:data ?|pure )?class(?:es)?|functions?|function components?\
        |modules?|enums?|interfaces?|structs?|traits?\
        |librar(?:y|ies)|packages?|mixins?|composables?|private|immutable|readonly|generic|const)[\s.!]*$
        stop (?:supporting|using|shipping|relying|depending|building|maintaining|importing|copying)\b
        """,
    ),
    # Working again, or with what it did not expect.
    (
        "bugfix",
        r"""
        (?:get|make|have|keep) ... (?:work|run|build|load|compile|pass|start|connect|print|sync|go)(?:s|ing)? \
        (?:again|properly|correctly|reliably)\b
        (?:get|make|have) .*\b(?:fixed|sorted|unstuck|unblocked|repaired|green(?: again)?\
        |back (?:online|up|to life|to work|to normal)|to work|recover|behave)[\s.!]*$
        (?:make|have|get|ensure|keep) ... (?:(?:not|never|no longer) [a-z]+|stop \w+ing|from \w+ing)\b(?! only\b)
        use the (?:right|correct|proper|actual|real)\b|survive\b
        (?:handle|cope with|tolerate|deal with|accept|allow for|process) ... (?:gracefully|without (?:crashing|failing\
        |breaking|dying|an error|errors|a crash|losing)|malformed|corrupt(?:ed)?|missing|invalid|unexpected|null|nil)\b
        """,
    ),
)
