#pragma once

// A Cell is the warden's side of one sandbox: its first process, its cgroup, and what is known of its end. It
// starts without a policy; a prepared one waits until a sandbox is asked for and then takes milliseconds
// less. Owned by the warden's loop, which calls in when one of its descriptors has something to say.

#include <sys/types.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/cgroups.h"
#include "sandbox/descriptor.h"
#include "sandbox/image_root.h"
#include "sandbox/kernel.h"
#include "sandbox/network.h"
#include "sandbox/protocol.h"
#include "sandbox/system_call_filter.h"
#include "sandbox/system_root.h"
#include "sandbox/tmp_disks.h"

namespace martlet::sandbox {

/// What all cells of a warden share.
struct Workshop {
  SystemRoot root;
  /// Compiled after the first cell has been tried, and before any cell becomes a sandbox.
  std::unique_ptr<SystemCallFilter> filter;
  std::unique_ptr<Cgroups> cgroups;
  Capabilities capabilities;
  /// Host ids that sandboxes' users map to: first_id + the cell's slot, or one id for all (the caller's own).
  uid_t first_uid = 0;
  gid_t first_gid = 0;
  bool one_id_for_all = true;
  /// Null where the warden is not privileged.
  std::unique_ptr<Network> network{};
};

class Cell {
 public:
  enum class State {
    kPreparing,  ///< the first process makes its namespaces ready
    kPrepared,   ///< it waits for a policy
    kStarting,   ///< it has one
    kRunning,    ///< it is a sandbox; its main program runs, or will when it is ordered
    kEnded,      ///< all processes are gone; the cgroup may not be yet
  };

  /// Clones the first process; throws std::runtime_error when the kernel refuses.
  Cell(Workshop& workshop, unsigned slot, std::unique_ptr<Cgroup> cgroup);
  /// Kills what is left.
  ~Cell();
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  /// The /tmp for the policy that start() gives, or the finish that order() passes on. Without one it lies in
  /// memory.
  void give_tmp(std::unique_ptr<TmpDisk> disk);
  /// Whether this finish would have it get another /tmp on a disk.
  [[nodiscard]] bool wants_another_tmp(const Finish& finish) const {
    return unfinished_ && tmp_ != nullptr && finish.tmp_bytes != tmp_bytes_;
  }
  /// Gives a prepared cell its policy; throws std::runtime_error when it cannot be had.
  void start(const Request& request);
  /// Passes kFinish, kRunMain, kRun, kSocket and kSignal on to a running cell. Throws std::runtime_error,
  /// with nothing changed, when that cannot be done; the answer is among take_messages() later.
  void order(const Request& request);
  void kill();
  [[nodiscard]] bool killed() const { return killed_; }
  /// Kills a cell that could not be started, and keeps the reason.
  void give_up(const std::string& reason);

  /// Reads one report if there is one and moves on to the state it means.
  enum class Read { kReport, kNothing };
  Read read_report();
  /// The first process has ended: reaps it. What waited for it is answered in take_messages().
  void on_exit();
  /// Tries to remove the cgroup of an ended cell; false while the kernel says that it is busy.
  bool remove();

  /// What became of an ended cell.
  [[nodiscard]] Result result() const;
  [[nodiscard]] Usage usage();
  void reset_peak();

  /// Since when there are no processes any more.
  [[nodiscard]] std::chrono::steady_clock::time_point ended_at() const { return ended_at_; }
  [[nodiscard]] unsigned slot() const { return slot_; }
  [[nodiscard]] State state() const { return state_; }
  /// Whether it ever was a sandbox.
  [[nodiscard]] bool was_running() const { return was_running_; }
  /// Id of the request that made it a sandbox; 0 before.
  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] int socket() const { return socket_.get(); }
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  [[nodiscard]] Cgroup& cgroup() { return *cgroup_; }
  /// Why it could not be made; empty when nothing went wrong.
  [[nodiscard]] const std::string& failure() const { return failure_; }

  /// For the server: that it is created, answers to orders, and ends of programs beside the main one.
  struct Message {
    Reply reply;
    std::vector<Descriptor> descriptors{};
  };
  std::vector<Message> take_messages() { return std::exchange(messages_, {}); }

 private:
  void map_ids(const Policy& policy);
  [[nodiscard]] unsigned id_offset() const { return workshop_.one_id_for_all ? 0 : slot_; }
  void connect(const Egress& egress, std::vector<Bind>& binds);
  void add_new_tmp(std::vector<Descriptor>& mounts);
  std::vector<Descriptor> open_binds(const std::vector<Bind>& binds);
  void send(const Order& order, const std::vector<Descriptor>& first, const std::vector<Descriptor>& rest);
  void finish(const Request& request);
  void run(const Request& request);
  void make_socket(const Request& request);
  void take_report(const Report& report, std::vector<Descriptor>& descriptors);
  void answer(const Report& report, std::vector<Descriptor>& received);
  void program_ended(const Report& report);

  Workshop& workshop_;
  unsigned slot_;
  State state_ = State::kPreparing;
  std::uint64_t id_ = 0;
  std::unique_ptr<Cgroup> cgroup_;
  pid_t pid_ = -1;
  Descriptor pidfd_;
  Descriptor socket_;
  ImageRoot image_;
  std::vector<Descriptor> for_server_;  ///< of a kCreated reply

  /// Orders that are not answered yet, with the descriptors for the server in the case of kRun.
  struct Pending {
    Request::Kind kind = Request::Kind::kRun;
    std::vector<Descriptor> descriptors;
  };
  std::map<std::uint64_t, Pending> pending_;  ///< by the request's id
  std::set<std::uint64_t> programs_;          ///< that run beside the main one
  std::vector<Message> messages_;
  std::unique_ptr<Network::Link> link_;
  std::unique_ptr<TmpDisk> tmp_;
  Descriptor new_tmp_;  ///< its mount, until the first process has it
  std::uint64_t tmp_bytes_ = 0;
  bool unfinished_ = false;
  bool has_main_ = false;
  bool was_running_ = false;
  bool killed_ = false;
  std::optional<int> main_status_;
  std::string failure_;
  std::chrono::steady_clock::time_point ended_at_;
  ExitState exit_;
  std::uint64_t out_of_memory_kills_ = 0;
  std::uint64_t peak_memory_bytes_ = 0;
};

}  // namespace martlet::sandbox
