# Sourced by the other scripts: `install_project [EXTRA]` brings .venv up to what setup.cfg says, quickly when it is.
# Runs in the project's folder.

find_python() {
    local name
    for name in python3 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "Python 3.11 or newer is needed and was not found. On Debian 12: apt install python3 python3-venv" >&2
    return 1
}

make_venv() {
    local python
    if .venv/bin/python -c 'import pip' 2>/dev/null; then
        return
    fi
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$python cannot make virtual environments. On Debian: apt install python3-venv" >&2
        return 1
    fi
    echo "Making a virtual environment in .venv ..."
    rm -rf .venv
    "$python" -m venv .venv
}

install_project() {
    local extra=${1:-} wanted
    wanted=$(cat setup.cfg pyproject.toml | sha256sum)
    if [ -x .venv/bin/parse-shim ] && { [ "$(cat .venv/installed-"${extra:-serve}" 2>/dev/null)" = "$wanted" ] ||
        { [ -z "$extra" ] && [ "$(cat .venv/installed-test 2>/dev/null)" = "$wanted" ]; }; }; then
        return
    fi
    make_venv
    echo "Installing the project${extra:+ with what its ${extra} extra names} into .venv ..."
    if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".${extra:+[$extra]}"; then
        echo "The installation failed; the lines above say why. It needs the package index once." >&2
        return 1
    fi
    echo "$wanted" >.venv/installed-"${extra:-serve}"
}
