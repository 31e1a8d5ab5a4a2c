#pragma once

// What IAM stores about who used what last, and the reports that are made of it.

#include <cstdint>
#include <string>
#include <vector>

#include "store/record.h"

namespace martlet::iam {

struct ActionUseRecord {
  /// "CreateQueue", as policies name it after the service.
  std::string name;
  std::int64_t used_ms = 0;
  std::string region;

  void fields(auto& f) {
    f(1, name);
    f(2, used_ms);
    f(3, region);
  }
};

struct ServiceUseRecord {
  /// The service's namespace, as actions begin with it: "sqs".
  std::string name;
  std::int64_t used_ms = 0;
  std::string region;
  std::vector<ActionUseRecord> actions;

  void fields(auto& f) {
    f(1, name);
    f(2, used_ms);
    f(3, region);
    f(4, actions);
  }
};

/// The last uses of a user, a role or an access key.
struct UsesRecord {
  static constexpr std::uint32_t kVersion = 1;
  /// "AIDA…", "AROA…" or "AKIA…".
  std::string id;
  std::vector<ServiceUseRecord> services;

  void fields(auto& f) {
    f(1, id);
    f(2, services);
  }
};

/// The last use of an access key or a role, as earlier versions kept it.
struct LastUseRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::int64_t used_ms = 0;
  std::string service;
  std::string region;

  void fields(auto& f) {
    f(1, used_ms);
    f(2, service);
    f(3, region);
  }
};

/// A service that the subject of a report may use.
struct GrantedServiceRecord {
  std::string name;
  /// Actions of it that are tracked and granted; only in reports about actions.
  std::vector<std::string> actions;

  void fields(auto& f) {
    f(1, name);
    f(2, actions);
  }
};

/// A user or role that a report is about.
struct AccessEntityRecord {
  /// kUser or kRole.
  std::string noun;
  std::string name;
  std::string path;
  std::string id;
  std::string arn;
  std::vector<ServiceUseRecord> services;

  void fields(auto& f) {
    f(1, noun);
    f(2, name);
    f(3, path);
    f(4, id);
    f(5, arn);
    f(6, services);
  }
};

/// A report of GenerateServiceLastAccessedDetails: everything as it was when it was made.
struct AccessReportRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::string job_id;
  /// The ARN of who asked for it; nobody else may read it.
  std::string caller;
  /// AccessAdvisorUsageGranularityType.
  std::string granularity;
  std::int64_t created_ms = 0;
  /// By name.
  std::vector<GrantedServiceRecord> services;
  std::vector<AccessEntityRecord> entities;

  void fields(auto& f) {
    f(1, job_id);
    f(2, caller);
    f(3, granularity);
    f(4, created_ms);
    f(5, services);
    f(6, entities);
  }
};

}  // namespace martlet::iam
