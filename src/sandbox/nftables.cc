#include "sandbox/nftables.h"

#include <dlfcn.h>

#include <cstdint>
#include <stdexcept>

namespace martlet::sandbox {

namespace {

template <class Function>
Function* symbol(void* library, const char* name) {
  auto* const found = reinterpret_cast<Function*>(::dlsym(library, name));
  if (found == nullptr) throw std::runtime_error(std::string("libnftables has no ") + name);
  return found;
}

}  // namespace

Nftables::Nftables() : library_(::dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL)) {
  if (library_ == nullptr)
    throw std::runtime_error("egress needs libnftables: install the Debian package libnftables1");
  context_ = symbol<nft_ctx*(std::uint32_t)>(library_, "nft_ctx_new")(0);
  if (context_ == nullptr) throw std::runtime_error("libnftables cannot be started");
  symbol<int(nft_ctx*)>(library_, "nft_ctx_buffer_error")(context_);
  symbol<int(nft_ctx*)>(library_, "nft_ctx_buffer_output")(context_);
}

Nftables::~Nftables() {
  if (context_ != nullptr) symbol<void(nft_ctx*)>(library_, "nft_ctx_free")(context_);
  // The library stays loaded: it registers functions for the end of the process.
}

void Nftables::run(const std::string& commands) {
  if (symbol<int(nft_ctx*, const char*)>(library_, "nft_run_cmd_from_buffer")(context_, commands.c_str()) ==
      0)
    return;
  std::string said = symbol<const char*(nft_ctx*)>(library_, "nft_ctx_get_error_buffer")(context_);
  if (const auto end = said.find('\n'); end != std::string::npos) said.resize(end);
  throw std::runtime_error("cannot set the network's rules: " + said);
}

}  // namespace martlet::sandbox
