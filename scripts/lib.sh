# shellcheck shell=sh
# What scripts/test, scripts/try and .ci/run share: a machine on which this checkout runs. Sourced, with $root set to
# the checkout. Narration goes to stderr. Exit codes are the program's own: 4 = the machine lacks something.

# The Claude Code versions that are tested: the oldest that is supported and the newest that was seen.
# shellcheck disable=SC2034 # read by scripts/test and scripts/check
CLAUDE_OLDEST=2.1.197 CLAUDE_NEWEST=2.1.330

say() { printf '%s\n' "$*" >&2; }

lacking() {
    say "$0: $*"
    exit 4
}

# at_least HAVE WANT: compares MAJOR.MINOR; letters around the numbers ("next-3.4", "3.3a") do not count.
at_least() {
    have=$(printf '%s' "$1" | sed 's/^[^0-9]*//; s/[^0-9.].*//') want=$2
    have_minor=${have#*.} have_minor=${have_minor%%.*}
    [ -n "$have" ] || return 1
    [ "${have%%.*}" -gt "${want%%.*}" ] ||
        { [ "${have%%.*}" -eq "${want%%.*}" ] && [ "${have_minor:-0}" -ge "${want#*.}" ]; }
}

has_tmux() { command -v tmux >/dev/null && at_least "$(tmux -V)" 3.2; }
has_git() { command -v git >/dev/null && at_least "$(git --version | cut -d' ' -f3)" 2.38; }
has_npm() { command -v npm >/dev/null && npm --version >/dev/null 2>&1; }
has_sshd() { PATH=$PATH:/usr/sbin:/usr/local/sbin command -v sshd >/dev/null && command -v ssh-keygen >/dev/null; }
has_python() { find_python >/dev/null; }

# find_python: prints a Python >= 3.11 that can make virtual environments. A name on PATH may be a stub that does not
# run, so each is tried.
find_python() {
    for candidate in python3 python3.13 python3.12 python3.11 python3.14 /usr/bin/python3; do
        # What a version manager puts on PATH is a script; the interpreter itself knows where it is.
        if "$candidate" -c '
import sys
if sys.version_info < (3, 11):
    sys.exit(1)
import ensurepip, venv
print(sys.executable)' 2>/dev/null; then
            return 0
        fi
    done
    return 1
}

# want_sshd: one test logs in over SSH, and is skipped where there is no sshd. Its package starts a service that listens
# to the whole network, so it is only installed where no systemd runs that would (a container), and by root.
want_sshd() {
    if has_sshd || [ -d /run/systemd/system ] || [ "$(id -u)" -ne 0 ]; then
        return 0
    fi
    (need sshd) || say "without sshd: the test that logs in over SSH is skipped"
}

# need TOOL...: installs those of tmux, git, python, npm and sshd that are missing or too old, with the system's own packages.
need() {
    missing=
    for tool in "$@"; do
        "has_$tool" || missing="$missing $tool"
    done
    [ -n "$missing" ] || return 0
    say "missing or too old:$missing"
    # shellcheck disable=SC2086 # one word per tool
    install_packages $missing
    for tool in $missing; do
        "has_$tool" || lacking "$tool is still missing or too old (needed: tmux 3.2, git 2.38, Python 3.11 with venv," \
            "npm to fetch Claude Code). Install it by hand and run this again."
    done
}

install_packages() {
    installer=
    for candidate in apt-get dnf pacman zypper apk brew; do
        if command -v "$candidate" >/dev/null; then
            installer=$candidate
            break
        fi
    done
    [ -n "$installer" ] || lacking "no known package manager here; install by hand: $*"
    packages=
    for tool in "$@"; do
        case $installer:$tool in
        apt-get:python) packages="$packages python3 python3-venv" ;;
        dnf:python) packages="$packages python3.12" ;;
        pacman:python) packages="$packages python" ;;
        zypper:python) packages="$packages python312" ;;
        apk:python) packages="$packages python3" ;;
        brew:python) packages="$packages python@3.12" ;;
        brew:npm) packages="$packages node" ;;
        apt-get:sshd) packages="$packages openssh-server openssh-client" ;;
        dnf:sshd) packages="$packages openssh-server openssh-clients" ;;
        *:sshd) packages="$packages openssh" ;;
        *) packages="$packages $tool" ;;
        esac
    done
    # Homebrew refuses to run as root, and asks for the password itself where it needs one.
    as_root=
    if [ "$installer" != brew ] && [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || lacking "neither root nor sudo; install by hand with $installer:$packages"
        as_root=sudo
    fi
    say "installing with $installer:$packages"
    # shellcheck disable=SC2086 # one word per package
    case $installer in
    apt-get)
        $as_root apt-get update -q
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages
        ;;
    dnf) $as_root dnf install -y -q $packages ;;
    pacman) $as_root pacman -Sy --needed --noconfirm $packages ;;
    zypper) $as_root zypper --non-interactive install $packages ;;
    apk) $as_root apk add -q $packages ;;
    brew) brew install -q $packages ;;
    esac >&2 </dev/null || lacking "$installer could not install:$packages"
}

# prepare_venv run|dev: $root/.venv holds this checkout and what it needs, in the tested versions. "dev" has the tests'
# and gates' tools as well, and stays one. Done again only when pyproject.toml or constraints.txt changed.
prepare_venv() {
    venv=$root/.venv
    wanted=$(cat "$root/pyproject.toml" "$root/constraints.txt" | cksum)
    if "$venv/bin/python" -c '' 2>/dev/null; then
        for extras in "$1" dev; do
            [ "$(cat "$venv/prepared-$extras" 2>/dev/null)" != "$wanted" ] || return 0
        done
    fi
    # What is out of date is made anew, but never with less in it: it may be our own tests that ask.
    [ ! -e "$venv/prepared-dev" ] || set -- dev
    python=$(find_python)
    say "preparing $venv with $python"
    case $1 in
    dev) what="$root[dev]" ;;
    *) what=$root ;;
    esac
    "$python" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -c "$root/constraints.txt" -e "$what" >&2 ||
        lacking "pip could not install what $root/pyproject.toml asks for"
    printf '%s\n' "$wanted" >"$venv/prepared-$1"
}

# claude_path VERSION: where scripts/test keeps that version of Claude Code.
claude_path() { printf '%s\n' "$root/.tools/claude-$1"; }
