# Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

# A recipe for this checkout: conan create examples/packaging/conan

from os.path import join

from conan import ConanFile
from conan.tools.cmake import CMake
from conan.tools.files import copy


class Foundry(ConanFile):
    name = "foundry"
    version = "0.2.0"
    description = "A header-only C++20 coroutine client for Azure AI Foundry Models"
    license = "BSL-1.0"
    package_type = "header-library"
    settings = "os", "compiler", "build_type", "arch"
    generators = "CMakeDeps", "CMakeToolchain"

    def export_sources(self):
        root = join(self.recipe_folder, "..", "..", "..")
        for pattern in "CMakeLists.txt", "LICENSE", "include/*", "examples/*":
            copy(self, pattern, root, self.export_sources_folder)

    def requirements(self):
        self.requires("boost/[>=1.81 <2]", transitive_headers=True, transitive_libs=True)
        self.requires("openssl/[>=3 <4]", transitive_headers=True, transitive_libs=True)

    def build(self):
        cmake = CMake(self)
        cmake.configure(variables={"FOUNDRY_BUILD_TESTS": False, "FOUNDRY_BUILD_EXAMPLES": False})

    def package(self):
        CMake(self).install()

    def package_id(self):
        self.info.clear()

    def package_info(self):
        # find_package(foundry CONFIG) reads the package's own files: targets foundry::foundry, foundry::compiled, foundry::testing
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [join("share", "cmake", "foundry")]
        self.cpp_info.bindirs = self.cpp_info.libdirs = []
