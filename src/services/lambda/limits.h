#pragma once

// Lambda's quotas, as its developer guide ("Lambda quotas") and API reference give them.

#include <cstddef>
#include <cstdint>

namespace martlet::lambda {

/// A deployment package uploaded in the request, zipped.
inline constexpr std::size_t kMaxZipBytes = 50UL << 20;
/// The same unpacked, layers included.
inline constexpr std::uint64_t kMaxUnzippedBytes = 250ULL << 20;
/// Files and directories of a package. AWS names no number; this bounds what one upload can cost.
inline constexpr std::size_t kMaxPackageEntries = 200'000;
/// Names and values of the environment variables, as a JSON object.
inline constexpr std::size_t kMaxEnvironmentBytes = 4096;

inline constexpr int kDefaultTimeoutSeconds = 3;
inline constexpr int kMaxTimeoutSeconds = 900;
inline constexpr int kDefaultMemoryMb = 128;
inline constexpr int kMaxMemoryMb = 10'240;
inline constexpr int kDefaultEphemeralStorageMb = 512;

/// Request and answer of a synchronous invocation.
inline constexpr std::size_t kMaxPayloadBytes = 6UL << 20;
/// Event of an asynchronous invocation.
inline constexpr std::size_t kMaxEventBytes = 1UL << 20;

/// Items in one page of the lists of functions, versions and aliases, whatever MaxItems asks for.
inline constexpr std::size_t kMaxFunctionsPerPage = 50;

/// A container image, unpacked.
inline constexpr std::uint64_t kMaxImageBytes = 10ULL << 30;
/// Files, directories and links in all layers of an image. AWS names no number; this bounds what one can
/// cost.
inline constexpr std::size_t kMaxImageEntries = 2'000'000;
/// Manifests and configurations of images.
inline constexpr std::size_t kMaxImageDocumentBytes = 4UL << 20;
/// Packages of all versions and layers of an account and region, as they were uploaded.
inline constexpr std::uint64_t kMaxCodeStorageBytes = 75ULL << 30;

/// Environments of an account and region that may be busy at once, and how many of these no function may
/// reserve for itself.
inline constexpr std::uint32_t kAccountConcurrency = 1000;
inline constexpr std::uint32_t kMinUnreservedConcurrency = 100;

/// Layers of one function.
inline constexpr std::size_t kMaxLayers = 5;
/// A resource-based policy, as JSON.
inline constexpr std::size_t kMaxPolicyBytes = 20 * 1024;
/// Tags of one resource.
inline constexpr std::size_t kMaxTags = 50;
/// Items in one page of the lists of layers, function URLs and code signing configurations.
inline constexpr std::size_t kMaxItemsPerPage = 50;

/// Records of a batch where none are gathered, and of FIFO queues.
inline constexpr std::int32_t kMaxBatchWithoutWindow = 10;
/// Patterns in the FilterCriteria of an event source mapping.
inline constexpr std::size_t kMaxFilters = 5;
/// ProvisionedPollerConfig of SQS: the fewest there may be, and the defaults.
inline constexpr std::int32_t kDefaultMinimumPollers = 2;
inline constexpr std::int32_t kDefaultMaximumPollers = 200;
/// Items in one page of the list of event source mappings.
inline constexpr std::size_t kMaxMappingsPerPage = 100;

}  // namespace martlet::lambda
