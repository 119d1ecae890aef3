// Where a newcomer goes, and when a small cell joins a larger one: pure functions over what a worker knows.
// Refuses to act. Invariant: a cell is never filled beyond `target` by newcomers, nor beyond `max` by another cell's
// members; and of two cells that could join, both workers name the same one to remain, as long as they know the same.
#pragma once

#include <cstdint>
#include <vector>

#include "swarm/address.hpp"
#include "swarm/directory.hpp"

namespace bazaar::tracker::native {

struct CellRules {
  uint32_t min =
      100;  ///< smaller ones seek company: raising makes fewer, fuller cells, and more traffic between workers
  uint32_t target = 300;               ///< newcomers are taken up to this
  uint32_t max = 500;                  ///< with another cell's members
  uint32_t subnet_peers_max = 2;       ///< of one subnet among those a viewer is introduced to at once
  uint32_t subnet_audience_min = 100;  ///< below it there is not enough choice for that
  int64_t audience_ms = 5'000;         ///< members hear of the audience at most this often
};

/// How many there are to spread over; both at least 1.
struct Extent {
  uint32_t workers = 1;  ///< of all nodes
  uint32_t nodes = 1;
  bool is_cut_off = false;  ///< other nodes cannot be reached now: their cells are known, but nobody is sent there
};

/// How far a viewer may be from its cell. The audience decides: where every worker has enough viewers for cells of its
/// own, all is local to the core; where every node has, to the node; a small stream's viewers meet wherever its cell
/// is.
enum class Scope : uint8_t { kWorker, kNode, kCluster };
Scope scope_of(uint32_t audience, const CellRules& rules, const Extent& extent);
/// The next greater, as far as there is a way.
Scope wider(Scope scope, const Extent& extent);

struct Candidate {
  Address cell;
  uint32_t size = 0;
};

/// The cell for a newcomer: of those in scope below the target the fullest, of equals the lowest address. 0: open a new
/// one here. `elsewhere` are other workers' cells; `avoid` is a cell that refused already.
Address place(Address self, const std::vector<Candidate>& here, const std::vector<Directory::Entry>& elsewhere,
              Scope scope, const CellRules& rules, Address avoid = {});

/// The cell that `small`, one of ours, should join: greater, or as great with a lower address; 0 when it should stay.
Address company_for(const Candidate& small, const std::vector<Candidate>& here,
                    const std::vector<Directory::Entry>& elsewhere, Scope scope, const CellRules& rules);

}  // namespace bazaar::tracker::native
