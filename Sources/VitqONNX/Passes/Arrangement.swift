import VitqOps

/// A move of elements that vitq has an operation for; attribute of ``InternalOperator/arrange``.
enum Arrangement: Hashable {
  /// The same elements in the same order under another shape.
  case reshape
  /// ``SelectRows``.
  case selectRows(first: Int, count: Int)
  /// ``SplitHeads``.
  case splitHeads(part: Int, parts: Int, heads: Int, windows: Int)
  /// ``MergeHeads``.
  case mergeHeads(windows: Int)
  /// ``WindowPartition``.
  case partition(WindowGrid)
  /// ``WindowReverse``.
  case reverse(WindowGrid)
  /// ``MergePatches``.
  case mergePatches(height: Int, width: Int)

  private var kind: String {
    switch self {
    case .reshape: "reshape"
    case .selectRows: "select_rows"
    case .splitHeads: "split_heads"
    case .mergeHeads: "merge_heads"
    case .partition: "window_partition"
    case .reverse: "window_reverse"
    case .mergePatches: "merge_patches"
    }
  }

  private var arguments: [Int] {
    switch self {
    case .reshape: []
    case .selectRows(let first, let count): [first, count]
    case .splitHeads(let part, let parts, let heads, let windows): [part, parts, heads, windows]
    case .mergeHeads(let windows): [windows]
    case .partition(let grid), .reverse(let grid):
      [
        grid.height, grid.width, grid.windowHeight, grid.windowWidth, grid.shiftRows,
        grid.shiftColumns,
      ]
    case .mergePatches(let height, let width): [height, width]
    }
  }

  /// A name for a value made by this arrangement.
  var label: String { ([kind] + arguments.map(String.init)).joined(separator: ".") }

  /// What a node of ``InternalOperator/arrange`` does.
  init?(_ node: ONNXNode) {
    guard node.isOperator(.arrange), let kind = node.string("kind"),
      let arguments = node.integers("arguments")
    else { return nil }
    func grid() -> WindowGrid {
      WindowGrid(
        height: arguments[0], width: arguments[1], windowHeight: arguments[2],
        windowWidth: arguments[3], shiftRows: arguments[4], shiftColumns: arguments[5])
    }
    switch (kind, arguments.count) {
    case ("reshape", 0): self = .reshape
    case ("select_rows", 2): self = .selectRows(first: arguments[0], count: arguments[1])
    case ("split_heads", 4):
      self = .splitHeads(
        part: arguments[0], parts: arguments[1], heads: arguments[2], windows: arguments[3])
    case ("merge_heads", 1): self = .mergeHeads(windows: arguments[0])
    case ("window_partition", 6): self = .partition(grid())
    case ("window_reverse", 6): self = .reverse(grid())
    case ("merge_patches", 2): self = .mergePatches(height: arguments[0], width: arguments[1])
    default: return nil
    }
  }

  /// The attributes of the node; `shape` is that of the value in the ONNX graph.
  func attributes(shape: [Int]) -> [String: ONNXAttribute] {
    ["kind": .string(kind), "arguments": .integers(arguments), "shape": .integers(shape)]
  }
}

extension ONNXNode {
  /// A node that arranges `value`; messages name it after `node`.
  static func arrangement(
    _ arrangement: Arrangement, of value: String, shape: [Int], result: String, like node: ONNXNode
  ) -> ONNXNode {
    node.replaced(by: .arrange, [value], arrangement.attributes(shape: shape), result: result)
  }
}
