#include "native/placement.hpp"

namespace bazaar::tracker::native {

namespace {

bool is_in_scope(Address self, Address cell, Scope scope) {
  if (scope == Scope::kCluster) return true;
  return scope == Scope::kNode ? cell.node() == self.node() : cell.is_same_worker(self);
}

// Fuller first; of equals the lower address, so that everybody agrees.
bool is_preferred(const Candidate& a, const Candidate& b) {
  return a.size != b.size ? a.size > b.size : a.cell < b.cell;
}

template <typename IsFit>
Address preferred(Address self, const std::vector<Candidate>& here, const std::vector<Directory::Entry>& elsewhere,
                  Scope scope, IsFit is_fit) {
  Candidate best;
  const auto consider = [&](const Candidate& candidate) {
    if (is_in_scope(self, candidate.cell, scope) && is_fit(candidate) && (!best.cell || is_preferred(candidate, best)))
      best = candidate;
  };
  for (const Candidate& candidate : here) consider(candidate);
  for (const Directory::Entry& entry : elsewhere) consider({entry.cell, entry.size});
  return best.cell;
}

}  // namespace

Scope scope_of(uint32_t audience, const CellRules& rules, const Extent& extent) {
  const uint64_t needed = rules.min;
  if (audience >= needed * extent.workers) return Scope::kWorker;
  return audience >= needed * extent.nodes ? Scope::kNode : wider(Scope::kNode, extent);
}

Scope wider(Scope scope, const Extent& extent) {
  return scope == Scope::kWorker || extent.is_cut_off ? Scope::kNode : Scope::kCluster;
}

Address place(Address self, const std::vector<Candidate>& here, const std::vector<Directory::Entry>& elsewhere,
              Scope scope, const CellRules& rules, Address avoid) {
  return preferred(self, here, elsewhere, scope, [&](const Candidate& candidate) {
    return candidate.size < rules.target && candidate.cell != avoid;
  });
}

Address company_for(const Candidate& small, const std::vector<Candidate>& here,
                    const std::vector<Directory::Entry>& elsewhere, Scope scope, const CellRules& rules) {
  return preferred(small.cell, here, elsewhere, scope, [&](const Candidate& candidate) {
    return candidate.cell != small.cell && is_preferred(candidate, small) && candidate.size + small.size <= rules.max;
  });
}

}  // namespace bazaar::tracker::native
