# LibTorch as imported targets of our own. Torch's find_package is not used: it wants a CUDA toolkit even where none is
# needed, checks it for seconds at each configuration, and adds flags that we don't want; all it comes to is below.
file(GLOB TESSERA_TORCH ${TESSERA_VENV}/lib/python3*/site-packages/torch)
if(NOT EXISTS ${TESSERA_TORCH}/lib/libtorch.so)
  message(FATAL_ERROR "No LibTorch in ${TESSERA_VENV}: run ./lab, which installs it.")
endif()
file(REAL_PATH ${TESSERA_TORCH}/../nvidia/cu13 TESSERA_CUDA_FILES)

function(tessera_import name file)
  add_library(${name} SHARED IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION ${TESSERA_TORCH}/lib/${file})
endfunction()
tessera_import(torch::c10 libc10.so)
tessera_import(torch::cpu libtorch_cpu.so)
tessera_import(torch::all libtorch.so)

# libtorch.so holds no symbol that anybody names: it is there to load LibTorch's CUDA part (see cmake/compiler.cmake).
add_library(torch::torch INTERFACE IMPORTED GLOBAL)
target_link_libraries(torch::torch INTERFACE torch::all torch::cpu torch::c10)
target_compile_definitions(torch::torch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
target_include_directories(torch::torch SYSTEM INTERFACE ${TESSERA_TORCH}/include
                                                         ${TESSERA_TORCH}/include/torch/csrc/api/include)

# Header compiled once, for all targets given to tessera_uses_torch. Not torch/torch.h: GCC instantiates the templates that
# a header's inline functions need in every file that sees it, which takes 15 s for that one and 3 s for this one. Files
# that need more of LibTorch (torch/csrc/autograd/autograd.h) include it.
add_library(tessera_torch_pch STATIC ${CMAKE_SOURCE_DIR}/cmake/torch_pch.cpp)
tessera_ours(tessera_torch_pch torch::torch)
target_precompile_headers(tessera_torch_pch PRIVATE <ATen/ATen.h>)
target_compile_options(tessera_torch_pch PRIVATE -O3)

set(TESSERA_WITH_CUDA OFF)
if(TESSERA_NVCC)
  set(TESSERA_WITH_CUDA ON)
  set(CMAKE_CUDA_COMPILER ${TESSERA_NVCC})
  set(CMAKE_CUDA_ARCHITECTURES 80-real 90 CACHE STRING "GPU generations; 90 also runs on newer ones")
  set(CMAKE_CUDA_STANDARD 20)
  # LibTorch's own CUDA runtime, so that a process has one, whichever toolkit compiled the kernels.
  set(CMAKE_CUDA_RUNTIME_LIBRARY None)
  enable_language(CUDA)
  set(CMAKE_CUDA_FLAGS_RELEASE "-O3 -DNDEBUG")
  tessera_import(torch::c10_cuda libc10_cuda.so)
  add_library(torch::cuda INTERFACE IMPORTED GLOBAL)
  target_link_libraries(torch::cuda INTERFACE torch::c10_cuda ${TESSERA_CUDA_FILES}/lib/libcudart.so.13)
  target_include_directories(torch::cuda SYSTEM INTERFACE ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
endif()
