#include "core/engine/device.h"

#include <torch/cuda.h>

#include "core/lab/problem.h"

#if defined(TESSERA_WITH_CUDA)
#include <cuda_runtime_api.h>
#endif

namespace tessera {

c10::Device choose_device(const std::string& name) {
#if defined(TESSERA_WITH_CUDA)
  const bool there = name != "cpu" && torch::cuda::is_available();
  const char* why = "cuda, but there is no GPU that CUDA can use";
#else
  const bool there = false;
  const char* why = "cuda, but this program was built without CUDA";
#endif
  if (there) return {c10::DeviceType::CUDA, 0};
  if (name == "cuda") throw InputError({{"run.device", why, "auto or cpu"}});
  return c10::DeviceType::CPU;
}

std::string device_text(c10::Device device, std::int64_t threads) {
#if defined(TESSERA_WITH_CUDA)
  cudaDeviceProp properties;
  if (device.is_cuda() && cudaGetDeviceProperties(&properties, device.index()) == cudaSuccess) return properties.name;
#endif
  if (!device.is_cpu()) return device.str();
  return "cpu, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

}  // namespace tessera
