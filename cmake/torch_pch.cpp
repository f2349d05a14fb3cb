// Nothing of its own: the target that LibTorch's headers are precompiled for (cmake/torch.cmake).
