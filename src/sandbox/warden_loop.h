#pragma once

// The warden's event loop: requests from the server on one side, the cells' first processes on the other.
// Everything is non-blocking but sending to the server, which always reads. Single-threaded; runs in the
// warden process.

#include <deque>
#include <map>
#include <memory>

#include "sandbox/cell.h"
#include "sandbox/descriptor.h"
#include "sandbox/protocol.h"
#include "sandbox/tmp_disks.h"

namespace martlet::sandbox {

class WardenLoop {
 public:
  /// `control` is the server's socket, `signals` a signalfd that asks the warden to end.
  /// `run_directory` is where disks for /tmp may lie.
  WardenLoop(Workshop workshop, const std::string& run_directory, Descriptor control, Descriptor signals);
  ~WardenLoop();

  /// Makes one cell to see whether the machine lets it; the text of what failed, or nothing.
  std::string probe();
  /// Says hello and serves until the server is gone; then kills and removes every sandbox.
  void run();

 private:
  // Events
  void on_event(std::uint64_t tag);
  void on_control();
  void on_report(Cell& cell);
  void on_exit(Cell& cell);
  void pass_messages(Cell& cell);
  void retry_removals();
  void prepare_spare();

  // Requests
  void serve(Request request);
  void create(Request request);
  void act(const Request& request, Cell& cell);
  void assign();
  void on_disks();
  void finish_cells();
  void start(Cell& cell, const Request& request);

  // Cells
  Cell& add_cell();
  Cell* find(std::uint64_t id);
  Cell* prepared_cell();
  [[nodiscard]] std::size_t cells_in(Cell::State state) const;
  void finish(Cell& cell);
  void watch(int descriptor, std::uint64_t tag);
  [[nodiscard]] int patience() const;

  void reply(const Reply& reply, const std::vector<Descriptor>& descriptors = {});
  void fail(std::uint64_t id, const std::string& text);

  Workshop workshop_;
  Descriptor control_;
  Descriptor signals_;
  Descriptor epoll_;
  bool open_ = true;
  /// Spare cells are kept only once somebody has asked for a sandbox.
  bool in_use_ = false;
  std::map<unsigned, std::unique_ptr<Cell>> cells_;  ///< by slot
  std::deque<Request> waiting_;                      ///< for a prepared cell and a disk
  std::deque<Request> finishing_;                    ///< for another disk
  TmpDisks disks_;
};

}  // namespace martlet::sandbox
