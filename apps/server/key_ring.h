#pragma once

#include "apps/server/api_keys.h"
#include "apps/server/replaceable.h"

namespace contrans::server {

/// The keys in effect.
using KeyRing = Replaceable<ApiKeys>;

}  // namespace contrans::server
