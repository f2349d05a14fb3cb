# Version, commit and folders, in one small generated source: a new commit recompiles that file alone.
# core/lab/build_info.h declares what it defines.
set(generated ${CMAKE_BINARY_DIR}/generated/build_info.cpp)
add_custom_target(
  tessera_build_info_source
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DOUTPUT=${generated} -DVERSION=${PROJECT_VERSION}
          -DFONTS=${TESSERA_BUNDLE}/fonts -DBINARIES=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
          -P ${CMAKE_SOURCE_DIR}/cmake/write_build_info.cmake
  BYPRODUCTS ${generated}
  COMMENT "Checking the commit")
add_library(tessera_build_info STATIC ${generated})
tessera_ours(tessera_build_info)
add_dependencies(tessera_build_info tessera_build_info_source)
