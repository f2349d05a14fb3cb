# One way to define our targets, so that every folder's CMakeLists.txt is a list of names.

# tessera_sources(RESULT PATTERN...): sources matching the patterns, looked up again at each build.
function(tessera_sources result)
  list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/)
  file(GLOB found CONFIGURE_DEPENDS ${ARGN})
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# tessera_library(NAME [SHARED] SOURCES ... LINK ...): a library of ours. Without sources yet it is an interface
# library, so that whoever links it needs no condition.
function(tessera_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SHARED" "" "SOURCES;LINK")
  if(NOT arg_SOURCES)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${arg_LINK})
    return()
  endif()
  set(kind STATIC)
  if(arg_SHARED)
    set(kind SHARED)
  endif()
  add_library(${name} ${kind} ${arg_SOURCES})
  tessera_ours(${name} ${arg_LINK})
endfunction()

# tessera_executable(NAME SOURCES ... LINK ...): a program of ours, left out while it has no sources.
function(tessera_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  if(arg_SOURCES)
    add_executable(${name} ${arg_SOURCES})
    tessera_ours(${name} ${arg_LINK})
  endif()
endfunction()

# Includes are relative to the repository's root. No NAME_EXPORTS macro: it would differ from the precompiled header's.
function(tessera_ours name)
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARGN} PRIVATE tessera_warnings)
  set_target_properties(${name} PROPERTIES DEFINE_SYMBOL "" BUILD_RPATH "$ORIGIN;${TESSERA_TORCH}/lib")
endfunction()

# tessera_uses_torch(NAME...): optimised further, and with LibTorch's headers precompiled once for all.
function(tessera_uses_torch)
  foreach(name ${ARGN})
    get_target_property(type ${name} TYPE)
    if(NOT type STREQUAL INTERFACE_LIBRARY)
      target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-O3>)
      target_precompile_headers(${name} REUSE_FROM tessera_torch_pch)
    endif()
  endforeach()
endfunction()
