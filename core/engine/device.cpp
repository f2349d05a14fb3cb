#include "core/engine/device.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <torch/cuda.h>
#include <unistd.h>

#include <fstream>

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

std::uint64_t memory_in_use(c10::Device device) {
  if (!device.is_cpu()) {
    const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.index());
    constexpr auto all = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    return static_cast<std::uint64_t>(stats.allocated_bytes[all].current);
  }
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace tessera
