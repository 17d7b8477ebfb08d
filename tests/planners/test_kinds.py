"""The kind of single clauses: what the verb, its object, or only both together tell."""

import pytest

from tmux_orchestra.planners.rules import plan

KINDS = {
    "feature": """
        show an error message when the upload fails
        let admins pause a campaign
        users should also be able to revoke lost devices
        a retry policy for the SMS provider
        better error messages
        limit uploads to 10 files
        take care of the welcome screen
        translate the texts on the start page
        add a usage page for teams
        add an onboarding tutorial to the app
        let teachers create tests
        retry failed webhooks
        instant card freeze
        test mode for payments
        merge duplicate invitations automatically
        rotate photos in the editor
        set up SSO
    """,
    "bugfix": """
        stop dropping rows with null keys
        make uploads work again on Safari
        get the table alignment fixed
        take care of the rounding error in the invoice
        get rid of the flicker while dragging
        the sidebar should not cover the map
        a fix for the doubled receipts
        patch the rounding bug in the VAT totals
        don't send the reminder twice
        stop importing the same file twice
        the chart shows last year's numbers
        use the right time zone in reminders
        cope with malformed JSON
        dates one day off in the export
    """,
    "docs": """
        write the model card
        bring the operator docs up to date
        a short note in the changelog
        the CLI needs docs
        help article about voice memos
        write a page about the webhooks
        outdated screenshots in the user guide
        exit codes must be documented
    """,
    "test": """
        get the parser to 90% branch coverage
        cover the pricing rules with unit tests
        the parser needs tests
        end-to-end tests for scheduled messages
        run a soak test over 48 hours
        make sure that the importer is tested
    """,
    "refactor": """
        turn the callbacks into promises
        pull the geocoder out into its own crate
        throw the old admin theme out
        split geometry.cpp in three
        the old scheduler should go away
        UserSvc needs to be renamed
        removal of the compat flag
        stop supporting iOS 14
        swap Glide for Coil
        move the geocoder, the rate table and the label printer into crates of their own
        hide the storage behind an interface
        remove the stale feature flags
        shorten the handover form when you have time
    """,
    "performance": """
        drop the memory usage of the indexer by half
        get the bundle below 250 kB
        get the reconciliation back under an hour
        shave 30 ms off the login request
        halve the deep-sleep current
        the parser must be made faster
        add an index on orders.customer_id
        get the ward overview to open in two seconds or less
        stop loading the whole table into memory
        fetch the patient records in one query
        render only the visible rows
        cut cold starts in half
    """,
    "infra": """
        cut release 5.0
        tag v2.1.0
        push the image to the registry
        retune the alert thresholds
        report the queue depth to Prometheus
        nightly builds
        a release to production
        run the backfill for March
        rebalance the Kafka partitions across brokers
        raise the memory limit of the worker pods
        set a memory limit in docker-compose.yml
        add Go 1.23 to the build matrix
        enable HTTP/2 on the CDN
        move the database to a bigger instance
        alert us when the disk is 80% full
        rotate the log files every night
    """,
    "security": """
        make session cookies HttpOnly
        close the XXE hole in the importer
        enforce CSRF tokens on the settings forms
        patients can see other patients' results
        code-sign the MSI installer
        stop logging values such as `$(id)`
        don't log passwords
        remove the hard-coded credentials from the config
        require a password for the admin console
        limit who can see salaries
    """,
    "research": """
        work out whether DuckDB could replace Spark
        get to the bottom of the failed refunds
        dig into the memory growth
        why does the job run twice?
        check whether we still need Redis
        prepare a comparison of three map providers
    """,
    "chore": """
        sort the imports
        pin the linters
        raise the minimum Node version to 20
        take Grafana from 9.5 to 11
        add license headers to all source files
        the base image needs to be upgraded
        enable dependabot
        switch the linter to ruff
        get us on React 19
        add a CODEOWNERS file
    """,
}


@pytest.mark.parametrize(
    ("clause", "kind"),
    [(line.strip(), kind) for kind, lines in KINDS.items() for line in lines.splitlines() if line.strip()],
)
def test_a_clause_has_the_kind_a_person_would_give_it(clause, kind):
    assert [task.kind for task in plan(clause).tasks] == [kind]
