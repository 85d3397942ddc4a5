# The libraries, headers, package files and, where it is built, the program. Consumers: find_package(contrans), then link
# contrans::mapping or whichever folder they need.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(contrans_libraries GLOBAL PROPERTY CONTRANS_LIBRARIES)
install(TARGETS ${contrans_libraries} EXPORT contrans-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY contrans/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/contrans FILES_MATCHING PATTERN "*.h")
if(TARGET contrans_cli)
  install(TARGETS contrans_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES deploy/contrans.service deploy/grafana-dashboard.json deploy/serve.toml
          DESTINATION ${CMAKE_INSTALL_DATADIR}/contrans)
endif()

# Packages that only some libraries link: the consumer's link line names them, so the package file must find them.
set(contrans_optional_dependencies "")
foreach(library ${contrans_libraries})
  get_target_property(links ${library} LINK_LIBRARIES)
  if(links MATCHES "Boost::")
    list(APPEND contrans_optional_dependencies "find_dependency(Boost)")
  endif()
  if(links MATCHES "Eigen3::")
    list(APPEND contrans_optional_dependencies "find_dependency(Eigen3)")
  endif()
  if(links MATCHES "LibArchive::")
    list(APPEND contrans_optional_dependencies "find_dependency(LibArchive)")
  endif()
  if(links MATCHES "MPI::")
    list(APPEND contrans_optional_dependencies "find_dependency(MPI COMPONENTS C)")
  endif()
endforeach()
list(REMOVE_DUPLICATES contrans_optional_dependencies)
list(JOIN contrans_optional_dependencies "\n" contrans_optional_dependencies)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/contrans)
configure_package_config_file(cmake/contrans-config.cmake.in ${PROJECT_BINARY_DIR}/contrans-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/contrans-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/contrans-config.cmake ${PROJECT_BINARY_DIR}/contrans-config-version.cmake
        DESTINATION ${package_dir})
install(EXPORT contrans-targets NAMESPACE contrans:: DESTINATION ${package_dir})
install(FILES LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})
