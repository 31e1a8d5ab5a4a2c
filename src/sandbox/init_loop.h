#pragma once

// What the first process of a sandbox does once it is prepared: it carries out the warden's Orders, adopts
// and reaps orphans, and reports how programs ended. Single-threaded: it waits for its socket and for
// children. It confines itself when the policy, or what an unfinished one lacks, has come; the programs it
// starts are confined in any case.

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <vector>

#include "sandbox/first_process.h"
#include "sandbox/main_program.h"
#include "sandbox/protocol.h"

namespace martlet::sandbox {

class InitLoop {
 public:
  explicit InitLoop(FirstProcess start);

  /// Returns when the main program has ended. Throws std::runtime_error when the sandbox cannot be made or
  /// finished; ends the process when the warden is gone.
  void run();

 private:
  void await_policy();
  void obey(Order order, std::vector<Descriptor> descriptors);
  void finish(const Order& order, std::vector<Descriptor>& mounts);
  void start(const Order& order, std::vector<Descriptor>& streams);
  /// Answers the order once its program runs or has failed.
  void settle(std::size_t index);
  void make_socket(const Order& order);
  void signal(const Order& order);
  /// A finish may want another size than the policy did; files that were written until then are lost if /tmp
  /// is on a disk.
  void give_tmp(std::uint64_t bytes, const Descriptor* disk);
  void confine_itself();
  /// False when the main program has ended.
  bool reap();
  StartingProgram start_program(const Program& program, const Descriptor& output, const Descriptor& error);
  [[nodiscard]] std::uint64_t data_limit() const;
  void report(const Report& report, const std::vector<Descriptor>& descriptors = {});

  FirstProcess start_;
  /// Tells of children that have ended.
  Descriptor signals_;
  Policy policy_;
  bool confined_ = false;
  bool tmp_on_disk_ = false;
  /// The main program's ends of its pipes, until it is started.
  Descriptor output_;
  Descriptor error_;
  std::map<pid_t, std::uint64_t> programs_;  ///< numbers as Order has them
  struct Starting {
    StartingProgram program;
    std::uint64_t order = 0;
  };
  std::vector<Starting> starting_;  ///< among the programs
};

}  // namespace martlet::sandbox
