# A port of this checkout: vcpkg install foundry --overlay-ports=examples/packaging/vcpkg
set(VCPKG_BUILD_TYPE release) # headers
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../../../.." ABSOLUTE)

vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}" OPTIONS -DFOUNDRY_BUILD_TESTS=OFF -DFOUNDRY_BUILD_EXAMPLES=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/foundry)
vcpkg_fixup_pkgconfig()
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
