#include "sources/sources.h"

namespace martlet::sources {

Source* Sources::find(const Arn& arn) const {
  const auto found = sources_.find(arn.service);
  return found == sources_.end() ? nullptr : found->second;
}

}  // namespace martlet::sources
