# Run at each build (cmake -P): writes OUTPUT if the commit, or anything else in it, changed.
execute_process(COMMAND git -C ${SOURCE} rev-parse --short=10 HEAD OUTPUT_VARIABLE COMMIT ERROR_QUIET
                OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT COMMIT)
  set(COMMIT unknown)
endif()
configure_file(${SOURCE}/cmake/build_info.cpp.in ${OUTPUT} @ONLY)
