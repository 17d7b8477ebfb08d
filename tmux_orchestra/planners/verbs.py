"""The verbs that open an instruction, and the kind of work each one means by itself.

A strong verb is an instruction wherever a clause may begin ("…, remove the banner"). A weak one is also a
noun ("test", "cache"), so in the middle of a sentence it needs an object that proves it a verb.
"""

from tmux_orchestra.core.plan import Kind
from tmux_orchestra.planners.wordlist import word_set

_STRONG: dict[Kind, str] = {
    "feature": """
        implement|add|create|build|develop|write|make|introduce|integrate|enable|provide|allow|let|show|hide
        support|accept
        define|finalize|finalise|finish|complete|extend|expose|connect|hook up|wire up|wire in|wire|offer
        generate|embed|replicate
        translate|localize|localise|internationalize|notify|remember|redirect|persist|store|save|collect|parse
        prefill
        handle|ensure|improve|enhance|polish|publish a page|prompt|ask|retry|render|display|highlight|paginate
        send|stream
        produce|compute|calculate|return|respond|expand|design|prototype|mock up|draft|set|give|bring|put|turn
        use|adopt
        switch on|turn on|turn off|switch off|work on|tackle|take care of|carry out|perform|do|deliver|prepare
        adapt|adjust|change|update|modify|tweak
        increase|raise|lower|decrease|extend|apply|attach|append|insert|include|register|subscribe|synchronize
        synchronise
        sync|import|export|upload|download|schedule|trigger|emit|wrap|bundle|augment|replay|visualize|visualise
        plot|draw|autocomplete
        throttle|debounce|start|scaffold|bootstrap|keep|get|strip|trim|truncate|round|sort|serve|emulate|gate|batch
    """,
    "bugfix": """
        fix|repair|resolve|correct|stop|prevent|debug|hotfix|rectify|mend|restore|unbreak|undo|avoid|address
        recover|solve|eliminate
    """,
    "docs": "document|describe|explain|write up|proofread|announce",
    "test": """
        test|cover|verify|validate that|check that|smoke test|smoke-test|load-test|load test|stress-test
        unit-test|unit test|fuzz
    """,
    "refactor": """
        refactor|rename|extract|split|split up|split out|move|delete|remove|drop|deduplicate|dedupe
        de-duplicate|restructure
        clean up|cleanup|clean|tidy up|tidy|simplify|rewrite|replace|migrate|convert|port|consolidate
        modularize|modularise
        reorganize|reorganise|rebuild|restyle|redesign|rework|unify|merge|decouple|inline|deprecate|get rid of
        kill|prune|retire
        separate|centralize|centralise|standardize|standardise|harmonize|harmonise|modernize|modernise
        normalize|normalise|purge
        swap|swap out|untangle|strip out|factor out|pull out|isolate|encapsulate|abstract|flatten|break up
        break down|switch|transform
    """,
    "performance": """
        speed up|optimize|optimise|accelerate|cache|lazy-load|lazy load|lazyload|memoize|memoise|precompute
        parallelize
        parallelise|shrink|minify|compress|reduce|shorten|preload|prefetch|defer|cut
    """,
    "infra": """
        set up|setup|configure|provision|deploy|redeploy|release|dockerize|dockerise|containerize|containerise
        publish|ship|roll out
        take a backup|back up|backup|dump|reindex|re-index|automate|monitor|roll back|install|launch|go live
        host|scale
        instrument|cut a release|spin up|wire ci|take a snapshot|snapshot|mirror|promote
    """,
    "research": """
        investigate|research|compare|find out|explore|evaluate|analyze|analyse|look into|figure out|determine
        assess|study
        survey|examine|diagnose|look at|identify|find|measure|benchmark|profile|spike|trace|understand|review
        inspect|reproduce
        check|check whether|check if|check why|see why|see if|see whether|dig into|trace down|track down|weigh
        estimate|clarify|decide
    """,
    "security": """
        harden|tighten|escape|sanitize|sanitise|encrypt|secure|audit|rotate|hash|revoke|pentest|lock down
        restrict|obfuscate|redact
    """,
    "chore": """
        bump|upgrade|pin|update dependencies|housekeep|regenerate|reformat|format|lint|downgrade|unpin|vendor
        renew|archive|relicense
    """,
}

_RUN: dict[Kind, str] = {"test": "run|re-run|rerun|execute"}

WEAK = word_set(
    """
    support design plan import export upload download schedule trigger test cover cache document review report
    profile measure
    benchmark study survey trace scan audit hash release deploy monitor host scale tag push snapshot mirror
    dump backup format lint
    store stream log store display highlight show use change start sync wire batch strip plot draw draft
    mock prototype cut bundle return prompt ask switch swap split move drop port merge abstract stop
    spike vendor archive cleanup setup clean launch ship turn work round trim escape research check look
    gate sort load do pin patch increase decrease lower raise save estimate mock
    retry restore rework redesign undo preload prefetch
    """
)
"""Verbs that are also nouns or adjectives."""

USER_VERBS = word_set(
    """
    create update delete remove add edit save export import upload download display show hide send store sort
    move rename
    replace change set start stop restore review check get keep use make see find accept return undo archive
    split merge
    """
)
"""Verbs that the product's users do as well: in "let users create and delete lists" they are no tasks."""

_OTHER_LANGUAGES: dict[Kind, str] = {
    "feature": """
        füge|fügen|erstelle|erstellen|implementiere|implementieren|baue|bauen|ergänze|ergänzen|entwickle
        entwickeln|schreibe|schreiben
        ermögliche|richte|mach|mache|programmiere|zeige|übersetze
        agrega|agregar|añade|añadir|crea|crear|implementa|implementar|construye|construir|desarrolla|escribe
        escribir|haz|permite|muestra
        ajoute|ajouter|ajoutez|crée|créer|créez|implémente|implémenter|implémentez|développe|développer|écris
        écrire|écrivez|construis|permets|affiche
        aggiungi|aggiungere|implementare|creare|scrivi|scrivere|costruisci|sviluppa|permetti|mostra
        adicione|adicionar|adiciona|crie|criar|implemente|construa|desenvolva|escreva|permita|mostre|integra
        integre|integriere
        voeg|maak|implementeer|bouw|schrijf|ontwikkel|ontwerp|toon
        dodaj|stwórz|utwórz|zaimplementuj|zbuduj|napisz|zrób|stwórzcie|pokaż
        добавь|добавить|добавьте|создай|создать|создайте|реализуй|реализовать|реализуйте|напиши|написать
        напишите|сделай|сделать|внедри|внедрить
        додай|створи|реалізуй|напиши|lägg till|skapa|bygg|implementera|skriv|tilføj|opret|legg til|lag|ekle
        oluştur|geliştir|yaz
        přidej|vytvoř|implementuj|napiš|lisää|luo|toteuta|kirjoita|adaugă|creează|adj|hozz|készíts|készítsd
    """,
    "bugfix": """
        behebe|beheben|repariere|reparieren|korrigiere|korrigieren|löse|corrige|corregir|arregla|arreglar
        repara|soluciona|resuelve
        corriger|corrigez|répare|réparer|résous|résoudre|correggi|correggere|risolvi|ripara|sistema|corrija
        corrigir|conserte|resolva
        herstel|repareer|verhelp|fixe|fikse|fixen|napraw|popraw|usuń błąd|исправь|исправить|исправьте|почини
        починить|виправ
        åtgärda|rätta|ret|rett|düzelt|onar|gider|oprav|korjaa|repară|javítsd|javíts
    """,
    "docs": """
        dokumentiere|dokumentieren|documenta|documentar|documente|documenter|documentez|documenteer|udokumentuj
        opisz|задокументируй|опиши|dokumentera|dokumentér
    """,
    "refactor": """
        entferne|entfernen|lösche|löschen|benenne|verschiebe|ersetze|ersetzen|vereinfache|refaktoriere|räume
        überarbeite
        elimina|eliminar|borra|renombra|reemplaza|refactoriza|refactorizar|simplifica|mueve|limpia|migra|migriere
        supprime|supprimer|supprimez|renomme|remplace|remplacer|refactorise|refactoriser|simplifie|déplace
        nettoie|nettoyer
        rimuovi|rinomina|sostituisci|semplifica|sposta|rifattorizza|remova|remover|renomeie|substitua|refatore
        refatorar|simplifique|mova
        verwijder|hernoem|vervang|vereenvoudig|verplaats|usuń|zmień|zastąp|przenieś|uprość|удали|удалить
        удалите|переименуй|замени|перенеси|упрости
        ta bort|byt|ersätt|flytta|fjern|slet|kaldır|sil|taşı|değiştir|odstraň|přejmenuj|nahraď|poista|elimină|töröld
    """,
    "performance": """
        optimiere|beschleunige|optimiza|acelera|optimizar|optimise|optimiser|accélère|ottimizza|velocizza
        otimize|acelere|optimaliseer|versnel|zoptymalizuj|przyspiesz|оптимизируй|оптимизировать|ускорь|optimera
        hızlandır
    """,
    "infra": """
        deploye|deployen|veröffentliche|veröffentlichen|konfiguriere|konfigurieren|installiere|despliega
        desplegar|publica|publicar|configura|configurar|instala
        déploie|déployer|déployez|publie|publier|configure|configurer|installe|distribuisci|pubblica|implante
        publique|implantar|configureer|installeer|publiceer
        wdróż|opublikuj|skonfiguruj|разверни|развернуть|задеплой|опубликуй|настрой|настроить|driftsätt|nasaď|yayınla
    """,
    "test": """
        teste|testen|testa|pruebe|prueba|probar|tester|testez|testar|przetestuj|протестируй|протестировать
        verifica|vérifie|überprüfe|prüfe|prüfen
    """,
    "research": """
        untersuche|untersuchen|analysiere|vergleiche|recherchiere|investiga|investigar|analiza|compara|étudie
        analyse|analyser|compare|comparer|indaga|analizza|confronta|investigue|onderzoek|vergelijk|zbadaj
        porównaj|исследуй|выясни|сравни|undersök
    """,
    "chore": """
        aktualisiere|aktualisieren|actualiza|actualizar|mets à jour|mettez à jour|mettre à jour|met à jour
        actualise|aggiorna|aggiornare|atualize|atualizar|werk|actualiseer
        zaktualizuj|обнови|обновить|обновите|uppdatera|opdater|oppdater|güncelle|aktualizuj|päivitä
        actualizează|frissítsd|mejora|mejorar|améliore|améliorer|verbessere|verbessern|migliora|melhore
        verbeter|ulepsz|улучши
    """,
}


def _listed(table: dict[Kind, str]) -> dict[str, Kind]:
    """Turn `kind -> "verb|verb"` into `verb -> kind`; a verb named twice keeps its first kind."""
    found: dict[str, Kind] = {}
    for kind, words in table.items():
        for line in words.splitlines():
            for verb in filter(None, (word.strip() for word in line.split("|"))):
                found.setdefault(verb, kind)
    return found


ENGLISH: dict[str, Kind] = (
    _listed(_STRONG)
    | _listed(_RUN)
    | {"fix up": "bugfix", "scan": "feature", "push": "feature", "tag": "infra", "patch": "bugfix", "log": "feature"}
)
"""Verb -> kind; verbs of up to three words."""
FOREIGN: dict[str, Kind] = {verb: kind for verb, kind in _listed(_OTHER_LANGUAGES).items() if verb not in ENGLISH}
"""The same for imperatives and infinitives of other languages."""
VERBS: dict[str, Kind] = FOREIGN | ENGLISH


PROJECT_VERBS = word_set(
    """
    implement build migrate deploy redeploy release ship refactor rewrite upgrade switch replace launch publish
    redesign rebuild restructure port
    convert split extract rename restyle introduce optimize optimise move integrate develop create roll announce tag
    merge rework start touch write
    """
)
"""What developers do, not users: "before migrating" states an order, "before saving" a behaviour."""


def base_of(gerund: str) -> str:
    """Return the verb of an -ing form ("migrating" -> "migrate"), "" if it is none we know."""
    stem = gerund.removesuffix("ing")
    candidates = (stem, f"{stem}e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem)
    return next((verb for verb in candidates if verb in ENGLISH or verb in PROJECT_VERBS), "")
