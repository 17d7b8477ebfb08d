"""The verbs that open an instruction, and the kind of work each one means by itself.

A plain verb is an instruction wherever a clause may begin ("…, remove the banner"). One with a star is a noun or
an adjective as well ("test*", "clean*"), so in the middle of a sentence it needs an object that proves it a verb.
"""

import re
from collections.abc import Iterator

from tmux_orchestra.core.plan import Kind
from tmux_orchestra.planners.wordlist import word_set

_ENGLISH: dict[Kind, str] = {
    "feature": """
        implement|add|create|build*|develop|write|make|introduce|integrate|define|design*|prototype*|draft*|sketch*
        scaffold|bootstrap*|generate|produce|deliver|prepare|finalize|finalise|finish*|complete*|extend|expand|enhance
        improve|polish*|adapt|adjust|change*|update*|modify|tweak*|revise|refine|rebrand|perform|do*|start*|tackle
        work on*|carry out|carry on with|take care of|deal with|look after|go for|come up with|put|put in|put up
        put together|knock together|knock up|whip up|throw in|throw together|toss in|slap on|slot in|plug in|hook in
        hook up|hook into|wire*|wire up|wire in|wire into|tie in|tie into|link up|connect|attach|append|insert
        include|embed|expose|offer*|provide|enable|disable|allow|let|permit|support*|accept|adopt|use*|turn*|turn on
        take*|turn off|turn into|switch on|switch off|bring|bring back|bring in|reintroduce|revive|resurrect
        re-enable|re-add|flesh out|round out|round off|beef up|level up|spruce up|jazz up|dress up|freshen up|wrap up
        finish up
        finish off|finish off with|close out|fill*|fill in|fill out|lay out|open up|build out|roll in|set*|give|keep
        get|get going|get started on|show*|hide|display*|highlight*|render*|surface*|present*|prompt*|ask*|tell|teach
        warn|alert*|notify|remind|email*|e-mail*|mail*|text*|ping*|message*|send|post*|publish a page|announce to
        share*|invite*|subscribe|unsubscribe|follow*|mention users|remember|redirect*|route*|reroute|forward*|proxy*
        relay*|broadcast*|queue*|enqueue|dispatch*|schedule*|trigger*|fire*|emit|retry*|replay*|resume*|suspend|restart*
        respawn|pick|pick up|watch*|poll*|probe*|ping|fetch*|pull*|pull in|push*|crawl*|scrape*|download*|upload*
        import*|export*
        load*|reload*|refresh*|reset*|clear*|save*|store*|persist|collect|gather|record*|report*|track*|log*|count*
        aggregate
        summarize|summarise|calculate|compute|return*|respond|parse|scan*|tokenize|tokenise|serialize|serialise
        deserialize|deserialise|encode|decode|compile*|emulate|simulate|mock*|mock up|stub*|stub out|seed*|backfill*
        populate|prefill|pre-fill|pre-populate|initialize|initialise|instantiate|register*|unregister|sync*|synchronize
        synchronise|stream*|buffer*|batch*|bundle*|wrap*|bind|mount*|unmount|map*|link*|list*|join*|combine|group*
        filter*
        sort*|rank*|order*|search*|index*|paginate|label*|tag*|flag*|mark*|pin*|annotate|classify|categorize
        categorise|detect|recognize|recognise|guess*|infer|predict|suggest|recommend|train*|retrain|fine-tune
        fine tune|calibrate|translate|localize|localise|internationalize|internationalise|visualize|visualise|plot*
        draw*|animate|style*|theme*|align|center|centre|resize|crop*|zoom*|toggle*|autocomplete*|autosave|debounce
        throttle*|limit*|cap*|rate limit*|rate-limit*|block*|ban*|reject|deny|refuse|require|enforce|forbid|disallow
        validate|normalize|normalise|trim*|strip*|truncate|round*|escape sequences|handle*|ensure|guarantee*|approve
        assign|reassign|allocate|reserve*|book*|cancel|charge*|bill*|refund*|invoice*|reconcile|grant*|pay|replicate
        augment|apply|increase*|raise*|lift*|lower*|decrease*|bump up|dial up|dial down|gate*|serve|print*|sign*|gzip
        authenticate|authorize|authorise|autofill|collapse*|nest*|inject|patch in|fork*|unify the look of|celebrate
        reconnect|disconnect|pair*|merge in|open*|close*|lock*|unlock|pause*|snooze|mute|unmute|skip*|drop in
        stagger|interpolate|extrapolate|propagate|cascade|distribute|spread*|forecast*|estimate costs|score*|vote*
        bookmark*|submit|whitelist*|allowlist*|blacklist*|ship support for|support for|force|expire|cope with
        survive|model*|tolerate|double*|resend|respect
    """,
    "bugfix": """
        fix|fix up|hotfix|bugfix|repair|resolve|correct*|stop*|prevent|debug*|rectify|mend|restore|unbreak|undo*
        avoid|address*|recover|solve|eliminate|patch*|patch up|sort out|iron out|straighten out|clear up|squash|cure
        remedy*|put right|set right|unblock|unstick|work around|plug*|stamp out|get to work|troubleshoot|deflake
        unfreeze|dodge|quash|stabilize|stabilise|silence*|tame
    """,
    "docs": """
        document*|describe|explain|write up|write down|proofread|announce|jot down|note*|note down|spell out|mention
        outline*|comment*|transcribe|illustrate|summarise in|blog about
    """,
    "test": """
        test*|retest|re-test|cover*|verify|validate that|check that|double-check that|make tests|smoke test*|smoke-test*
        load-test*|load test*|stress-test*|stress test*|unit-test*|unit test*|fuzz*|fuzz-test*|regression-test*|assert
        exercise*|run*|re-run*|rerun*|execute
    """,
    "refactor": """
        refactor|rename|extract*|split*|split up|split out|move*|move out|delete|remove|drop*|deduplicate|dedupe|dedup
        de-duplicate|restructure|clean up|cleanup*|clean*|clean out|clear out|tidy*|tidy up|simplify|rewrite|replace
        migrate|convert*|port*|port over|consolidate|modularize|modularise|reorganize|reorganise|reorder|rebuild*
        restyle*|redesign*|rework*|unify|merge*|decouple|inline*|deprecate|get rid of|do away with|kill|kill off|prune
        retire|separate*|centralize|centralise|standardize|standardise|harmonize|harmonise|modernize|modernise|purge*
        swap*|swap out|swap in|untangle|disentangle|detangle|strip out|factor out|pull out|break out|carve out|isolate
        encapsulate|abstract*|flatten|break*|break up|break down|break apart|pull apart|take apart|take down|put back
        shut off|turn back|chop up|switch*
        switch over|transform*|transition*|ditch|yank|chuck|rip*|tear*|bin*|axe|scrap|nuke|junk*|trash*|wipe
        eradicate|rip out|tear out|throw out|throw away|toss out|cut out|take out|weed out|phase out|sunset*
        discontinue|revert*|back out|hoist|lift out|fold into|fold in|collapse into|pull up|push down|dry up|sweep*
        mop up|trim down|streamline|overhaul*|generify|generalize|generalise|parametrize|parameterize|parameterise
        relocate|transplant|remodel|reshape|componentize|hide behind|unbundle|detach|declutter|eject|evict|stow|rehome
        restack
    """,
    "performance": """
        speed up|optimize|optimise|accelerate|cache*|lazy-load|lazy load|lazyload|memoize|memoise|precompute
        pre-compute|parallelize|parallelise|shrink*|slim down|minify|compress|reduce|shorten|preload|prefetch|pre-fetch
        defer|cut*|cut down|shave*|shave off|halve|slash|bring down|get down|drive down|warm up|tune*|speed-up*
        vectorize|vectorise|boost*|quicken|pool*|batch up|denormalize|denormalise
    """,
    "infra": """
        set up|setup*|configure|provision|deploy*|redeploy*|release*|dockerize|dockerise|containerize|containerise
        publish|ship*|roll out|take a backup|back up|backup*|dump*|reindex|re-index|automate|monitor*|roll back
        rollback*
        install*|launch*|go live|run migrations|host*|scale*|scale up|scale out|instrument*|cut a release|spin up
        spin down|stand up
        bring up|boot up|tear down|shut down|decommission|wire ci|take a snapshot|snapshot*|mirror*|promote
        orchestrate|terraform*|helm*|daemonize|reboot*|drain*|freeze*|cordon|tag a release|rebalance|reshard
        repartition|vacuum*|fail over
    """,
    "research": """
        investigate|research*|compare|find out|explore|evaluate|analyze|analyse|look into|figure out|determine|assess
        study*|survey*|examine|diagnose|look at*|look through|have a look at|take a look at|go through|go over|identify
        find*|measure*|benchmark*|profile*|spike*|trace*|understand|review*|inspect|reproduce|repro|check*|check whether
        check if|check why|check out|check how|see why|see if|see whether|see how|see what|dig into|dig through
        drill into
        trace down|track down|hunt down|chase down|nail down|pin down|pinpoint|get to the bottom of|root-cause|triage*
        weigh|weigh up|estimate*|clarify|decide|work out|experiment with|play with|scope*|scope out|gauge|quantify
        map out|inventory*|enumerate|discover|consider|ask around|brainstorm|bisect|confirm|double-check|audit logs of
        report back|learn|poke around|look for|search for the cause of|tell me|tell us|let me know|let us know
        evaluate whether|count how many|try*|try out
        dissect|prove|vet|size up|monitor whether
    """,
    "security": """
        harden|tighten|tighten up|quote*|neutralize|neutralise|escape*|sanitize|sanitise|encrypt|secure*|audit*|hash*
        revoke|pentest*|lock down
        restrict|obfuscate|redact|mask*|anonymize|anonymise|pseudonymize|pseudonymise|scrub*|protect|guard*|safeguard*
        quarantine*|threat-model|pen-test|sandbox*|rotate|fortify
    """,
    "chore": """
        bump|bump to|upgrade*|update dependencies|housekeep|regenerate|reformat|format*|lint*|downgrade*|unpin|vendor*
        renew|archive*|relicense|repin|refresh dependencies|renovate
    """,
}

USERS_TOO = word_set(
    """
    create update delete remove add edit save export import upload download send store sort move rename replace change
    set start stop restore review check get keep use make see find accept return undo archive split merge search filter
    browse view open close read reply comment like share invite join leave book cancel reschedule pay order buy sell
    rate vote follow block mute snooze pin tag label mark flag log sign register subscribe unsubscribe upgrade
    downgrade switch choose pick select assign approve reject print scan copy paste drag drop resize crop zoom pause
    resume skip play stop type enter fill submit track manage edit write post publish message mail text call request
    claim redeem refund swap try test compare
    """
)
"""Verbs of what the product's users do: in "let users create and delete lists" they are no instructions."""

MAKERS = word_set(
    """
    implement build develop introduce integrate scaffold bootstrap finalize finalise finish complete tackle prototype
    draft design extend expand improve enhance polish adapt adjust tweak modify revise refine prepare deliver write
    """
)
"""Verbs of making something: whoever says them speaks of work on the product, never of what it does by itself."""

_TURKISH = word_set(
    "ekle ekleyin düzelt düzeltin güncelle güncelleyin oluştur oluşturun yaz yazın yap yapın gider giderin onar kaldır"
    " kaldırın sil silin taşı değiştir hızlandır yayınla geliştir tasarla et edin"
)
ONE_OFF = word_set(
    "turn move rename replace split merge switch upgrade downgrade publish write create start open close"
)
"""Verbs of users and developers that mean a developer's work if done to one certain thing: "moving the storefront"."""

_OTHER_LANGUAGES: dict[Kind, str] = {
    "feature": """
        füge|fügen|erstelle|erstellen|implementiere|implementieren|baue|bau|bauen|ergänze|ergänzen|entwickle
        entwickeln|schreibe|schreib|schreiben|lege|leg|setze|setz|stelle|stell|gib|nimm|zeig|ändere|ändern
        ermögliche|richte|mach|mache|programmiere|zeige|übersetze|erlaube|binde|speichere|sorge|hänge
        agrega|agregar|añade|añadir|crea|crear|implementa|implementar|construye|construir|desarrolla|escribe
        escribir|haz|permite|muestra|pon|poner|genera|generar|cambia|cambiar|guarda|diseña|termina|conecta|envía
        ajoute|ajouter|ajoutez|crée|créer|créez|implémente|implémenter|implémentez|développe|développer|écris
        écrire|écrivez|construis|permets|affiche|fais|faire|mets|mettre|génère|change|envoie|intègre|ajoutons
        aggiungi|aggiungere|implementare|creare|scrivi|scrivere|costruisci|sviluppa|permetti|mostra|fai|metti|invia
        adicione|adicionar|adiciona|crie|criar|implemente|construa|desenvolva|escreva|permita|mostre|integra|faça
        integre|integriere|gere|coloque|inclua|altere|envie
        voeg|maak|implementeer|bouw|schrijf|ontwikkel|ontwerp|toon|zet|geef|laat|stuur|pas
        dodaj|stwórz|utwórz|zaimplementuj|zbuduj|napisz|zrób|stwórzcie|pokaż|ustaw|wyślij|przygotuj
        добавь|добавить|добавьте|создай|создать|создайте|реализуй|реализовать|реализуйте|напиши|написать
        напишите|сделай|сделать|сделайте|внедри|внедрить|покажи|измени|подключи|отправь|подготовь|перепиши
        додай|створи|реалізуй|напиши|зроби|lägg till|lägg|skapa|bygg|implementera|skriv|gör|visa|tilføj|opret
        legg til|lag|lav|vis|ekle|oluştur|geliştir|yaz|yap|göster
        přidej|vytvoř|implementuj|napiš|udělej|zobraz|lisää|luo|toteuta|kirjoita|tee|adaugă|creează|adj|hozz|készíts
        készítsd|írj|pridaj|vytvor|přepiš|uprav|zrealizuj|afegeix|crea|thêm|tạo|viết|xây dựng|tambahkan|buat|tulis
        buatkan
        πρόσθεσε|φτιάξε|δημιούργησε|γράψε|הוסף|צור|כתוב|أضف|أنشئ|اكتب|نفذ|entegre et|tasarla|ekleyin|oluşturun|yazın
        yapın
        připrav|implementează|scrie|dodajte|napravi|dodaj|sukurk|pridėk|lisa|loo|poista käytöstä|ota käyttöön
        viimeistele
        fertige|liefere|übernimm|aktiviere|deaktiviere|erweitere|erweitern|generiere|verknüpfe|baut|fügt|schreibt
        erstellt
        active|désactive|termine|construis|ajoutes|rajoute|prépare|complète|adapte|étends|branche|mostrar|enviar
        permitir
        habilita|deshabilita|integrar|completa|prepara|extiende|conectar|aggiungete|abilita|disabilita|collega|prepara
        estendi
        habilite|desabilite|inclua|conecte|prepare|termine|monte|inschakelen|koppel|breid|verbind|podłącz|włącz|wyłącz
        rozszerz
        включи|выключи|подготовь|расширь|допиши|добавим|сделаем|aktivera|koppla|utöka|forbered|lav om
    """,
    "bugfix": """
        behebe|behebt|beheben|repariere|reparier|reparieren|korrigiere|korrigieren|löse|corrige|corregir|arregla
        arreglar|repara|soluciona|resuelve|corriger|corrigez|répare|réparer|résous|résoudre|correggi|correggere
        risolvi|ripara|sistema|aggiusta|corrija|corrigir|conserte|resolva|arrume|évite|evita|verhindere
        herstel|repareer|verhelp|los|fixe|fikse|fixa|fixen|fixt|napraw|popraw|usuń błąd|исправь|исправить|исправьте
        почини|починить|устрани|почини|поправь|виправ|sửa|khắc phục|perbaiki|arregla't|διόρθωσε|תקן|أصلح|düzeltin
        giderin
        javítsa|javítsuk|reparér|løs|korjaa bugi|popravi|repararea|remediază|opravte|åtgärda|rätta|ret|rett|laga
        düzelt|onar|gider|oprav|korjaa|repară|javítsd|javíts
    """,
    "docs": """
        dokumentiere|dokumentier|dokumentieren|beschreibe|documenta|documentar|documente|documenter|documentez
        documenteer|udokumentuj|opisz|задокументируй|опиши|dokumentera|dokumentér|décris|describe
    """,
    "refactor": """
        entferne|entfern|entfernen|lösche|lösch|löschen|benenne|verschiebe|ersetze|ersetzen|vereinfache|refaktoriere
        räume|räum|überarbeite|refactore|teile|trenne|ziehe|baue um|stell um
        elimina|eliminar|borra|renombra|reemplaza|refactoriza|refactorizar|simplifica|mueve|limpia|migra|migriere|quita
        supprime|supprimer|supprimez|renomme|remplace|remplacer|refactorise|refactoriser|simplifie|déplace|retire
        nettoie|nettoyer|enlève|sépare
        rimuovi|rinomina|sostituisci|semplifica|sposta|rifattorizza|togli|pulisci|remova|remover|renomeie|substitua
        refatore|refatorar|simplifique|mova|limpe|exclua
        verwijder|hernoem|vervang|vereenvoudig|verplaats|ruim|haal|usuń|zmień|zastąp|przenieś|uprość|удали|удалить
        удалите|переименуй|замени|перенеси|упрости|убери|вынеси|отрефактори
        xóa|hapus|διέγραψε|מחק|احذف|kaldırın|silin|vyčisti|smaž|zruš|elimina't|strukturiere|strukturiere um|bereinige
        ta bort|byt|ersätt|flytta|rensa|fjern|slet|kaldır|sil|taşı|değiştir|odstraň|přejmenuj|nahraď|poista|elimină
        töröld
    """,
    "performance": """
        optimiere|optimier|beschleunige|optimiza|acelera|optimizar|optimise|optimiser|accélère|ottimizza|velocizza
        otimize|acelere|optimaliseer|versnel|zoptymalizuj|przyspiesz|оптимизируй|оптимизировать|ускорь|optimera
        hızlandır
    """,
    "infra": """
        deploye|deploy|deployen|veröffentliche|veröffentlichen|konfiguriere|konfigurieren|installiere|despliega
        desplegar|publica|publicar|configura|configurar|instala|sube|lanza
        déploie|déployer|déployez|publie|publier|configure|configurer|installe|distribuisci|pubblica|implante|lance
        publique|implantar|configureer|installeer|publiceer|rol|faça deploy
        wdróż|opublikuj|skonfiguruj|разверни|развернуть|задеплой|опубликуй|настрой|настроить|выкати|driftsätt|nasaď
        yayınla|publicera
    """,
    "test": """
        teste|testen|testa|pruebe|prueba|probar|tester|testez|testar|przetestuj|протестируй|протестировать|покрой
        verifica|vérifie|überprüfe|prüfe|prüfen
    """,
    "research": """
        untersuche|untersuch|untersuchen|analysiere|vergleiche|recherchiere|finde|schau|investiga|investigar|analiza
        compara|étudie|averigua|cherche|trouve|analyse|analyser|compare|comparer|indaga|analizza|confronta|investigue
        onderzoek|vergelijk|zoek|zbadaj|porównaj|sprawdź|исследуй|выясни|сравни|проверь|изучи|undersök
    """,
    "chore": """
        aktualisiere|aktualisier|aktualisieren|actualiza|actualizar|mets à jour|mettez à jour|mettre à jour|met à jour
        actualise|aggiorna|aggiornare|atualize|atualizar|werk|actualiseer|update
        zaktualizuj|обнови|обновить|обновите|uppdatera|opdater|oppdater|güncelle|aktualizuj|päivitä
        cập nhật|perbarui|ενημέρωσε|עדכן|حدّث|حدث|حدِّث|güncelleyin|aggiornate|actualitza|aktualisiert|osvježi
        ažuriraj|opdatér
        actualizează|frissítsd|mejora|mejorar|améliore|améliorer|verbessere|verbessern|migliora|melhore
        verbeter|ulepsz|улучши
    """,
}


def _entries(words: str) -> Iterator[str]:
    """Yield the entries of "one|two*", line by line."""
    for line in words.splitlines():
        yield from filter(None, (entry.strip() for entry in line.split("|")))


def _listed(table: dict[Kind, str]) -> dict[str, Kind]:
    """Turn `kind -> "verb|verb*"` into `verb -> kind`; a verb named twice keeps its first kind."""
    found: dict[str, Kind] = {}
    for kind, words in table.items():
        for entry in _entries(words):
            found.setdefault(entry.removesuffix("*"), kind)
    return found


ENGLISH: dict[str, Kind] = _listed(_ENGLISH)
"""Verb -> kind; verbs of up to five words."""
FOREIGN: dict[str, Kind] = {verb: kind for verb, kind in _listed(_OTHER_LANGUAGES).items() if verb not in ENGLISH}
"""The same for imperatives and infinitives of other languages."""
VERBS: dict[str, Kind] = FOREIGN | ENGLISH
_GERMAN = word_set(
    """
    abbauen abfangen abschalten absichern aktivieren anlegen anpassen anzeigen aufräumen aufsetzen ausbauen ausgeben
    auslagern ausrollen bereinigen bereitstellen deaktivieren einbauen einführen einrichten erweitern freigeben
    freischalten hinzufügen herausfinden messen mergen nachziehen prüfen refaktorieren releasen speichern testen umbauen
    umbenennen umsetzen umstellen umziehen verbessern vereinfachen vergleichen verhindern verschieben verschlüsseln
    zusammenführen toevoegen bijwerken oplossen verwijderen herstellen uitrollen
    """
)
VERB_FINAL = _TURKISH | _GERMAN | {verb for verb in FOREIGN if verb.endswith("en") and " " not in verb}
"""Verbs that end their clause: Turkish ones, and German or Dutch infinitives ("kannst du die Suche reparieren")."""
WEAK = frozenset(
    entry.removesuffix("*") for words in _ENGLISH.values() for entry in _entries(words) if entry.endswith("*")
)
"""Verbs that are also nouns or adjectives."""


def works_on_product(verb: str) -> bool:
    """Tell whether only developers do this, so that it is never what the product or its users do."""
    return verb in MAKERS or (VERBS.get(verb, "feature") != "feature" and verb not in USERS_TOO)


_FIRST_WORDS = frozenset(verb.split(" ")[0] for verb in ENGLISH)


def base_of(gerund: str) -> str:
    """Return the verb of an -ing form: "migrate" of "migrating", "roll" of "rolling (out)"; "" if we know none."""
    stem = gerund.removesuffix("ing")
    candidates = (stem, f"{stem}e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem)
    return next((verb for verb in candidates if verb in _FIRST_WORDS), "")


_PARTICLES = r"(?:up|out|off|down|in|over|back|away|apart|on)"
_SPLIT = re.compile(
    rf"\s+(?:(?!{_PARTICLES}\b)[\w'`\u02d0./-]+\s+){{1,4}}?(?P<particle>(?:out|off|away|apart)(?! of\b)"
    r"|(?:up|down|back)(?! (?:of|to|under|below)\b)|(?:in|over|on)(?=[.,!?;:]|$))(?=[\s.,!?;:]|$)"
)


def with_particle(verb: str, after: str) -> str:
    """Return "sort out" for "sort" with "that out" after it, if that is a verb of its own."""
    found = _SPLIT.match(after)
    whole = f"{verb} {found['particle']}" if found else ""
    return whole if whole in VERBS else verb


def base_of_participle(participle: str) -> str:
    """Return the verb of "removed" or "rewritten", "" if it is none we know."""
    irregular = _IRREGULAR.get(participle, "")
    stem = participle.removesuffix("ed") if participle.endswith("ed") else ""
    candidates = (
        irregular,
        stem,
        f"{stem}e",
        stem[:-1] if stem[-1:] == stem[-2:-1] else "",
        f"{stem[:-1]}y" if stem else "",
    )
    return next((verb for verb in candidates if verb in ENGLISH), "")


_IRREGULAR = {
    "built": "build",
    "rebuilt": "rebuild",
    "written": "write",
    "rewritten": "rewrite",
    "made": "make",
    "sent": "send",
    "shown": "show",
    "hidden": "hide",
    "split": "split",
    "cut": "cut",
    "set": "set",
    "run": "run",
    "found": "find",
    "kept": "keep",
    "given": "give",
    "taken": "take out",
    "done": "do",
    "gone": "remove",
    "broken": "break",
    "put": "put",
    "thrown": "throw out",
    "torn": "tear out",
    "drawn": "draw",
    "frozen": "freeze",
    "sped": "speed up",
    "got": "get",
    "redone": "rework",
    "shrunk": "shrink",
    "tidied": "tidy",
    "brought": "bring",
}
