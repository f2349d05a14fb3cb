# Dear ImGui (docking), ImPlot and GLFW, from the imgui-bundle sources that ./lab unpacked, without their demos.
#   imgui        for the program
#   imgui_test   the same with Dear ImGui's test engine, for the GUI tests only (its licence allows open source; the
#                shipped program stays free of it)
set(GLFW_BUILD_EXAMPLES OFF)
set(GLFW_BUILD_TESTS OFF)
set(GLFW_BUILD_DOCS OFF)
set(GLFW_INSTALL OFF)
set(GLFW_BUILD_X11 ON)
set(GLFW_BUILD_WAYLAND OFF)
set(GLFW_LIBRARY_TYPE STATIC)
add_subdirectory(${TESSERA_BUNDLE}/glfw ${CMAKE_BINARY_DIR}/glfw EXCLUDE_FROM_ALL SYSTEM)

file(GLOB imgui_sources ${TESSERA_BUNDLE}/imgui/*.cpp ${TESSERA_BUNDLE}/implot/*.cpp)
list(FILTER imgui_sources EXCLUDE REGEX "_demo\\.cpp$")
list(APPEND imgui_sources ${TESSERA_BUNDLE}/imgui/backends/imgui_impl_glfw.cpp
     ${TESSERA_BUNDLE}/imgui/backends/imgui_impl_opengl3.cpp ${TESSERA_BUNDLE}/imgui/misc/cpp/imgui_stdlib.cpp)

function(tessera_imgui name)
  add_library(${name} STATIC EXCLUDE_FROM_ALL ${imgui_sources} ${ARGN})
  target_link_libraries(${name} PUBLIC glfw Threads::Threads PRIVATE ${CMAKE_DL_LIBS})
  target_include_directories(
    ${name} SYSTEM PUBLIC ${TESSERA_BUNDLE}/imgui ${TESSERA_BUNDLE}/imgui/backends ${TESSERA_BUNDLE}/imgui/misc/cpp
                          ${TESSERA_BUNDLE}/implot)
  # 32-bit indices: a plot of many points is one draw call. Fewer numeric types: implot_items.cpp compiles in a fraction.
  target_compile_definitions(${name} PUBLIC "ImDrawIdx=unsigned int" GLFW_INCLUDE_NONE IMGUI_DISABLE_DEMO_WINDOWS
                             PRIVATE "IMPLOT_CUSTOM_NUMERIC_TYPES=(float)(double)(signed int)")
  target_compile_options(${name} PRIVATE -w)
endfunction()

find_package(Threads REQUIRED)
tessera_imgui(imgui)
file(GLOB engine_sources ${TESSERA_BUNDLE}/imgui_test_engine/*.cpp)
tessera_imgui(imgui_test ${engine_sources})
target_include_directories(imgui_test SYSTEM PUBLIC ${TESSERA_BUNDLE}/imgui_test_engine)
target_compile_definitions(imgui_test PUBLIC IMGUI_ENABLE_TEST_ENGINE IMGUI_TEST_ENGINE_ENABLE_COROUTINE_STDTHREAD_IMPL=1
                                             IMGUI_TEST_ENGINE_ENABLE_STD_FUNCTION=1)
