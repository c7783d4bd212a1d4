#!/usr/bin/env bash
# Runs what the vcpkg port, the Conan recipe and the release script do, as the registries of the package managers are not there: their
# own functions are replaced by the commands that these run. Then what they have installed is looked at.
#
#     packaging.sh PROJECT_DIRECTORY WORK_DIRECTORY
set -euo pipefail

project=$1 work=$2
packaging=$project/examples/packaging
fail() { printf '%s\n' "$@"; exit 1; }
rm -rf "$work"
mkdir -p "$work/conan/tools" "$work/sources"

check_package() { # DIRECTORY
    local file
    for file in include/foundry.hpp include/foundry/client.hpp share/cmake/foundry/foundry-config.cmake share/pkgconfig/foundry.pc \
        share/foundry/single_include/foundry.hpp; do
        [ -s "$1/$file" ] || fail "$1 has no $file"
    done
}

# --- vcpkg

cat >"$work/vcpkg.cmake" <<'END_OF_SCRIPT'
function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
    execute_process(COMMAND "${CMAKE_COMMAND}" -S "${arg_SOURCE_PATH}" -B "${work}/vcpkg-build" ${arg_OPTIONS}
        "-DCMAKE_INSTALL_PREFIX=${work}/vcpkg-package" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()
function(vcpkg_cmake_install)
    execute_process(COMMAND "${CMAKE_COMMAND}" --install "${work}/vcpkg-build" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()
function(vcpkg_cmake_config_fixup)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
    if(NOT EXISTS "${work}/vcpkg-package/${arg_CONFIG_PATH}/foundry-config.cmake")
        message(FATAL_ERROR "no configuration in ${arg_CONFIG_PATH}")
    endif()
endfunction()
function(vcpkg_fixup_pkgconfig)
endfunction()
function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
    file(COPY ${arg_FILE_LIST} DESTINATION "${work}/vcpkg-package/share/foundry")
endfunction()
include("${CURRENT_PORT_DIR}/portfile.cmake")
END_OF_SCRIPT
cmake -D "work=$work" -D "CURRENT_PORT_DIR=$packaging/vcpkg/foundry" -P "$work/vcpkg.cmake"
check_package "$work/vcpkg-package"
grep -rhoE '#include <boost/[a-z0-9_]+' "$project/include" | sed -E 's,.*/current_function,boost-assert,; s,.*/,boost-,; s,_,-,g' |
    sort -u >"$work/included"
grep -oE 'boost-[a-z0-9-]+' "$packaging/vcpkg/foundry/vcpkg.json" | sort -u >"$work/ported"
diff "$work/included" "$work/ported" || fail "vcpkg.json does not list the parts of Boost that the headers include."
echo "vcpkg: the port installed"

# --- Conan

if command -v python3 >/dev/null; then
    cat >"$work/conan/__init__.py" <<'END_OF_SCRIPT'
class ConanFile:
    pass
END_OF_SCRIPT
    : >"$work/conan/tools/__init__.py"
    cat >"$work/conan/tools/files.py" <<'END_OF_SCRIPT'
import shutil, pathlib

def copy(recipe, pattern, source, destination):
    for found in pathlib.Path(source).glob(pattern):
        to = pathlib.Path(destination, found.relative_to(source))
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(found, to) if found.is_dir() else shutil.copy(found, to)
END_OF_SCRIPT
    cat >"$work/conan/tools/cmake.py" <<'END_OF_SCRIPT'
import subprocess

def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

class CMake:
    def __init__(self, recipe):
        self.recipe = recipe

    def configure(self, variables):
        run("cmake", "-S", self.recipe.export_sources_folder, "-B", self.recipe.work + "/conan-build",
            "-DCMAKE_INSTALL_PREFIX=" + self.recipe.work + "/conan-package",
            *("-D%s=%s" % (name, "ON" if on else "OFF") for name, on in variables.items()))

    def install(self):
        run("cmake", "--install", self.recipe.work + "/conan-build")
END_OF_SCRIPT
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$work:$packaging/conan python3 - "$work" "$packaging/conan" <<'END_OF_SCRIPT'
import sys, types
from conanfile import Foundry

recipe = Foundry()
recipe.work, recipe.recipe_folder = sys.argv[1:]
recipe.export_sources_folder = recipe.work + "/sources"
wanted = []
recipe.requires = lambda what, **traits: wanted.append(what.split("/")[0])
recipe.info = types.SimpleNamespace(clear=lambda: None)
recipe.cpp_info = types.SimpleNamespace(set_property=lambda name, value: None)
recipe.export_sources()
recipe.requirements()
recipe.build()
recipe.package()
recipe.package_id()
recipe.package_info()
assert wanted == ["boost", "openssl"], wanted
open(recipe.work + "/config", "w").write(recipe.cpp_info.builddirs[0])
END_OF_SCRIPT
    check_package "$work/conan-package"
    [ -s "$work/conan-package/$(cat "$work/config")/foundry-config.cmake" ] || fail "The recipe does not name the configuration."
    echo "Conan: the recipe packaged"
fi

# --- a release

if git -C "$project" rev-parse HEAD >/dev/null 2>&1; then
    bash "$packaging/release.sh" "$work/release" >/dev/null
    cd "$work/release"
    sha256sum --quiet --check SHA256SUMS
    version=$(sed -nE '1s/.*foundry ([0-9.]+[0-9])\. .*/\1/p' foundry.hpp)
    tar -tzf "foundry-$version.tar.gz" "foundry-$version/include/foundry.hpp" >/dev/null || fail "No headers in the archive."
    cmp -s foundry.hpp "$work/vcpkg-package/share/foundry/single_include/foundry.hpp" ||
        echo "(the last commit's headers differ from these)"
    echo "release: $version, $(stat -c %s "foundry-$version.tar.gz") bytes"
fi
