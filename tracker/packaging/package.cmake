# The Debian package: binary, unit, configuration, documents. Owns what goes where; refuses to build more than the tracker.
# `npm run package:tracker` makes and checks it. Invariant: an operator's /etc/hls-bazaar/tracker.toml survives upgrades.
include(GNUInstallDirs)
set(package hls-bazaar-tracker)
set(here ${CMAKE_CURRENT_LIST_DIR})

install(PROGRAMS $<TARGET_FILE:tracker> DESTINATION bin RENAME ${package} COMPONENT tracker)
# CPack strips targets only, and a target cannot be renamed as it is installed.
install(CODE "execute_process(COMMAND ${CMAKE_STRIP} \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin/${package}\" COMMAND_ERROR_IS_FATAL ANY)"
        COMPONENT tracker)
install(FILES ${here}/${package}.service DESTINATION lib/systemd/system COMPONENT tracker)
install(FILES ${here}/tracker.toml DESTINATION /etc/hls-bazaar COMPONENT tracker)
install(
  FILES ${CMAKE_SOURCE_DIR}/docs/operations.md ${CMAKE_SOURCE_DIR}/docs/tracker-protocol.md ${here}/grafana.json ${here}/alerts.yml
        ${here}/copyright
  DESTINATION share/doc/${package}
  COMPONENT tracker)

# `cpack` asks for the target `all` before it packs; this package needs one executable of it.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL tracker)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_VENDOR hls-bazaar)
set(CPACK_PACKAGE_CONTACT "hls-bazaar <tracker@hls-bazaar.invalid>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_TRACKER_PACKAGE_NAME ${package})
set(CPACK_DEBIAN_TRACKER_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_TRACKER_PACKAGE_SECTION net)
set(CPACK_DEBIAN_TRACKER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "redis-server")
set(CPACK_COMPONENT_TRACKER_DESCRIPTION
    "tracker of hls-bazaar
Introduces viewers of one live stream to each other, so that their
browsers share what they have downloaded. Speaks its own protocol and
that of WebTorrent's trackers, on one port.")
set(CPACK_DEBIAN_TRACKER_PACKAGE_CONTROL_EXTRA "${here}/conffiles;${here}/postinst;${here}/prerm;${here}/postrm")
set(CPACK_DEBIAN_TRACKER_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
