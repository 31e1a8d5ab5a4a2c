#pragma once

// History: the versions of the store. It hands out views (the state as of one version), decides whether a
// transaction may commit on top of what others committed meanwhile, and applies its batch. Lives on the loop.
//
// A view costs nothing at first: it reads the newest state, and only when a commit is about to change that
// under a view in use is an engine snapshot taken for it. A transaction whose body runs without waiting
// therefore never needs a snapshot, and its commit is checked against nothing.

#include <memory>
#include <set>

#include "store/engine.h"
#include "store/resolver.h"

namespace martlet::store {

class History {
 public:
  explicit History(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  /// The state as of one version, for as long as somebody holds it.
  class View {
   public:
    View(History& history, Version version);
    ~View();
    View(const View&) = delete;
    View& operator=(const View&) = delete;

    [[nodiscard]] Version version() const { return version_; }
    [[nodiscard]] std::optional<std::string> get(std::string_view key) const;
    [[nodiscard]] std::unique_ptr<Cursor> iterate(Range range, Order order) const;

   private:
    friend class History;
    History& history_;
    Version version_;
    /// Absent while this is the newest version.
    std::unique_ptr<Snapshot> snapshot_;
  };

  /// The newest state. The history must outlive it.
  std::shared_ptr<View> view();
  [[nodiscard]] Version version() const { return version_; }

  /// Whether something of `reads`, seen at version `seen`, was written since.
  [[nodiscard]] bool changed_since(const ReadSet& reads, Version seen) const;
  /// The newest version, `seen` at most, from which something of `reads` may come. Versions that were
  /// released and that no view needs count as 0.
  [[nodiscard]] Version newest_source(const ReadSet& reads, Version seen) const;

  /// Makes `batch` the next version and returns it. Throws what the engine throws; then nothing has happened.
  Version apply(const Batch& batch);
  /// Empties the store. A transaction that began before it and writes cannot commit.
  Version clear();
  /// The version that clear() last made; 0 when it never ran.
  [[nodiscard]] Version cleared() const { return cleared_; }

  /// Write sets are remembered from `first_needed` on even when no view needs them. At first none are.
  void remember_from(Version first_needed);

  [[nodiscard]] const std::shared_ptr<Engine>& engine() const { return engine_; }

 private:
  void forget_unneeded();

  std::shared_ptr<Engine> engine_;
  Version version_ = 0;
  Version cleared_ = 0;
  /// Reads at an earlier version cannot be checked any more.
  Version floor_ = 0;
  Version remember_from_ = ~Version{0};
  std::weak_ptr<View> newest_;
  /// Versions of views in use.
  std::set<Version> in_use_;
  Resolver resolver_;
};

}  // namespace martlet::store
