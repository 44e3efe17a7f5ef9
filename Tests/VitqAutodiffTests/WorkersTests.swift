import Testing
import VitqAutodiff

struct WorkersTests {
  private struct Failure: Error, Equatable {
    let item: Int
  }

  @Test(arguments: [1, 2, 3, 8])
  func resultsAreInTheOrderOfTheItems(_ count: Int) throws {
    let results = try Workers(count: count).map(50) { () throws(Failure) in
      0
    } body: { (state, item) throws(Failure) in
      state += 1
      return item * item
    }
    #expect(results == (0..<50).map { $0 * $0 })
  }

  @Test func aWorkerKeepsItsState() throws {
    let visits = try Workers(count: 1).map(5) { () throws(Failure) in
      0
    } body: { (state, _) throws(Failure) in
      state += 1
      return state
    }
    #expect(visits == [1, 2, 3, 4, 5])
  }

  @Test(arguments: [1, 2, 8])
  func throwsTheErrorOfTheLowestItem(_ count: Int) {
    #expect(throws: Failure(item: 7)) {
      try Workers(count: count).map(50) { () throws(Failure) in
        ()
      } body: { (_, item) throws(Failure) in
        if item >= 7 { throw Failure(item: item) }
        return item
      }
    }
  }

  @Test func noItemsNeedNoState() throws {
    let results = try Workers(count: 4).map(0) { () throws(Failure) in
      throw Failure(item: 0)
    } body: { (_: inout Void, item) throws(Failure) in
      item
    }
    #expect(results.isEmpty)
  }

  @Test func itemsRunOnSeveralThreads() throws {
    let gate = Gate(count: 2)
    let met = try Workers(count: 2).map(2) { () throws(Failure) in
      ()
    } body: { (_, _) throws(Failure) in
      gate.arrive()
    }
    #expect(met == [true, true])
  }
}
