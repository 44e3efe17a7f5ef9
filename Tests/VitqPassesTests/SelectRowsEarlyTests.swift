import Testing
import VitqGraph
import VitqOps
import VitqPasses
import VitqTensor
import VitqTestSupport

struct SelectRowsEarlyTests {
  /// y = x W + b, z = y + norm(y); the row 1 of z, and other uses of y on request.
  private func graph(readsAll: Bool = false, landmark: Bool = false) throws -> Graph {
    var graph = Graph()
    let x = try graph.add("x", Input([3, 2]))
    let w = try graph.add("w", Constant(Tensor([2, 2], [1, 2, -1, 0.5])))
    let b = try graph.add("b", Constant(Tensor([2], [0.5, 1])))
    let y = try graph.add("y", Linear(), [x, w, b])
    let gamma = try graph.add("gamma", Constant(Tensor([2], [2, 1])))
    let n = try graph.add("n", LayerNorm(epsilon: 1e-6), [y, gamma, b])
    let z = try graph.add("z", Add(), [y, n])
    let row = try graph.add("row", SelectRows(first: 1, count: 1), [z])
    if landmark { graph.landmarks[.blockOutput(block: 0)] = y }
    graph.outputs = readsAll ? [row, y] : [row]
    return graph
  }

  @Test func computesTheSelectedRowOnly() throws {
    let source = try graph()
    let rewritten = try SelectRowsEarly().run(on: source)
    #expect(
      rewritten.description == """
        %0 = input() [3, 2] "x"
        %1 = constant() [2, 2] "w"
        %2 = constant() [2] "b"
        %3 = select_rows(%0) [1, 2] "y.rows.0"
        %4 = linear(%3, %1, %2) [1, 2] "y"
        %5 = constant() [2] "gamma"
        %6 = layer_norm(%4, %5, %2) [1, 2] "n"
        %7 = add(%4, %6) [1, 2] "z"
        return %7
        """)
    let x = Tensor([3, 2], [1, -2, 0.5, 3, 7, 8])
    let (found, expected) = (try rewritten.evaluated(on: x), try source.evaluated(on: x))
    #expect(Tolerance.rounding.accepts(found[0].elements, expected[0].elements))
  }

  /// What is read as a whole stays whole: only what follows it is narrowed.
  @Test(arguments: [true, false])
  func aValueThatIsReadAsAWholeKeepsItsRows(_ byLandmark: Bool) throws {
    let source = try graph(readsAll: !byLandmark, landmark: byLandmark)
    let rewritten = try SelectRowsEarly().run(on: source)
    let shapes = Dictionary(uniqueKeysWithValues: rewritten.nodes.map { ($0.name, $0.shape) })
    #expect(shapes["y"] == [3, 2] && shapes["n"] == [1, 2] && shapes["z"] == [1, 2])
    let x = Tensor([3, 2], [1, -2, 0.5, 3, 7, 8])
    let (found, expected) = (try rewritten.evaluated(on: x), try source.evaluated(on: x))
    for (found, expected) in zip(found, expected) {
      #expect(Tolerance.rounding.accepts(found.elements, expected.elements))
    }
  }

  @Test func differentRowsKeepAll() throws {
    var source = try graph()
    let z = try #require(source.ids.first { source[$0].name == "z" })
    source.outputs.append(try source.add("other", SelectRows(first: 0, count: 1), [z]))
    #expect(try SelectRowsEarly().run(on: source).description == source.description)
  }
}
