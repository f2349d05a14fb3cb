# Flags for every target, warnings for ours, and the compiler cache.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# No -march: the program runs on any x86-64; kernels choose wider instructions at run time.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
# For all alike, rather than POSITION_INDEPENDENT_CODE, which gives programs -fPIE and libraries -fPIC: one precompiled
# header serves both only if their flags are the same.
add_compile_options($<$<COMPILE_LANGUAGE:C,CXX>:-fPIC>)

# Some systems' linkers drop a shared library that no symbol is taken from; LibTorch's CUDA part and our kernels register
# themselves when loaded, and are found by name.
#
# The C++ library comes before all others: libtorch_cpu.so exports a std::filesystem of its own, of an older compiler,
# and whoever met that first would crash in remove_all().
add_link_options(LINKER:--no-as-needed -lstdc++)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# Compiler cache. Paths below the checkout are made relative, so that several checkouts share what they compile;
# GCC needs -fpch-preprocess for a cached compilation to see its precompiled header.
find_program(CCACHE ccache)
if(CCACHE)
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${launcher})
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
endif()

# Our code's warnings are errors; third-party headers are system headers and have none.
add_library(tessera_warnings INTERFACE)
target_compile_options(tessera_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Werror>)

# ./lab build format, ./lab build format-check: for people who have clang-format. clang-tidy: scripts/tidy.sh.
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(ours git -C ${CMAKE_SOURCE_DIR} ls-files -z --cached --others --exclude-standard *.h *.cpp *.cu *.cuh)
add_custom_target(format COMMAND ${ours} | xargs -0 clang-format -i WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} VERBATIM)
add_custom_target(format-check COMMAND ${ours} | xargs -0 clang-format --dry-run -Werror
                  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} VERBATIM)
