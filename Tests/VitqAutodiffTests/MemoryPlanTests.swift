import Testing
import VitqAutodiff
import VitqTestSupport

struct MemoryPlanTests {
  @Test(arguments: 0..<20 as Range<UInt64>)
  func whatIsAliveTogetherLiesApart(_ seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let lifetimes = (0..<60).map { _ in
      let first = Int.random(in: -1..<40, using: &generator)
      return Lifetime(
        elementCount: .random(in: 0...100, using: &generator), first: first,
        last: first + .random(in: 0...10, using: &generator))
    }
    let plan = MemoryPlan(lifetimes)
    for (i, a) in lifetimes.enumerated() {
      #expect(plan.offsets[i] % Arena.alignment == 0)
      #expect(plan.offsets[i] + a.elementCount <= plan.elementCount)
      for (j, b) in lifetimes.enumerated() where j < i && a.overlaps(b) {
        let isApart =
          plan.offsets[i] + a.elementCount <= plan.offsets[j]
          || plan.offsets[j] + b.elementCount <= plan.offsets[i]
        #expect(isApart, "\(a) and \(b)")
      }
    }
  }

  @Test func aChainNeedsTwoPlaces() {
    let chain = (0..<10).map { Lifetime(elementCount: 16, first: $0, last: $0 + 1) }
    #expect(MemoryPlan(chain).elementCount == 32)
  }

  @Test func extentsAreWholeCacheLines() {
    let lifetime = Lifetime(elementCount: 17, first: 0, last: Lifetime.end)
    #expect(MemoryPlan([lifetime, lifetime]).offsets == [0, 32])
  }
}
