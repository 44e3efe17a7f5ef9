import VitqGraph
import VitqImage
import VitqOps
import VitqTensor
import VitqTestSupport

/// A vision transformer small enough for central differences: images [3, 8, 8], 4 patches, width
/// 8, 2 heads, 2 blocks, 10 classes, random weights.
struct TinyTransformer {
  static let preprocessing = Preprocessing(
    inputHeight: 8, inputWidth: 8, cropFraction: 1, interpolation: .bicubic,
    mean: [0.5, 0.4, 0.3], standardDeviation: [0.2, 0.25, 0.3])

  private let width = 8
  private let heads = 2
  private(set) var graph = Graph()
  private var generator: SplitMix64

  /// The transformer whose weights are at most `weightScale` in magnitude; a NaN makes every
  /// loss one.
  init(seed: UInt64 = 1, weightScale: Float = 0.5) throws {
    generator = SplitMix64(seed: seed)
    let image = try graph.add("image", Input([3, 8, 8]))
    graph.landmarks[.image] = image
    let patches = try graph.add("patches", ImagePatches(side: 4), [image])
    let tokens = try linear("embed", patches, from: 48, to: width, weightScale)
    graph.landmarks[.patchTokens] = tokens
    let token = try constant("cls", [1, width], 0.5)
    let joined = try graph.add("tokens", Concatenate(), [token, tokens])
    var x = try graph.add("embedded", Add(), [joined, try constant("pos", [5, width], 0.5)])
    for block in 0..<2 { x = try self.block(block, x, weightScale) }
    let feature = try graph.add("feature", SelectRows(first: 0, count: 1), [x])
    graph.landmarks[.features] = feature
    let logits = try linear("head", feature, from: width, to: 10, 1)
    graph.landmarks[.logits] = logits
    graph.outputs = [logits]
  }

  /// A Swin Transformer: 4 × 4 patches of width 8 in windows of 2 × 2, the second block shifted
  /// and masked, then a stage of 2 × 2 patches and one window.
  static func swin(seed: UInt64 = 1) throws -> Graph {
    var model = TinyTransformer(generator: SplitMix64(seed: seed))
    let image = try model.graph.add("image", Input([3, 8, 8]))
    model.graph.landmarks[.image] = image
    let patches = try model.graph.add("patches", ImagePatches(side: 2), [image])
    var x = try model.linear("embed", patches, from: 12, to: model.width, 0.5)
    model.graph.landmarks[.patchTokens] = x
    let grid = WindowGrid(height: 4, width: 4, windowHeight: 2, windowWidth: 2)
    var shifted = grid
    (shifted.shiftRows, shifted.shiftColumns) = (1, 1)
    x = try model.block(0, x, 0.5, grid)
    x = try model.block(1, x, 0.5, shifted)
    x = try model.graph.add("merged", MergePatches(height: 4, width: 4), [x])
    x = try model.linear("reduction", x, from: 4 * model.width, to: model.width, 0.5)
    x = try model.block(
      2, x, 0.5, WindowGrid(height: 2, width: 2, windowHeight: 2, windowWidth: 2))
    let feature = try model.graph.add("pool", MeanRows(), [x])
    model.graph.landmarks[.features] = feature
    let logits = try model.linear("head", feature, from: model.width, to: 10, 1)
    model.graph.landmarks[.logits] = logits
    model.graph.outputs = [logits]
    return model.graph
  }

  private init(generator: SplitMix64) { self.generator = generator }

  /// The graph without one of its landmarks.
  func without(_ landmark: Landmark) -> Graph {
    var graph = graph
    graph.landmarks[landmark] = nil
    return graph
  }

  /// A block; with a grid, attention is within its windows.
  private mutating func block(
    _ block: Int, _ x: NodeID, _ scale: Float, _ grid: WindowGrid? = nil
  ) throws -> NodeID {
    let name = "blocks.\(block)"
    var n = try norm("\(name).norm1", x)
    if let grid { n = try graph.add("\(name).windows", WindowPartition(grid), [n]) }
    let windows = grid?.windowCount ?? 1
    let qkv = try linear("\(name).qkv", n, from: width, to: 3 * width, 1.5 * scale)
    let parts = try (0..<3).map {
      try graph.add(
        "\(name).part\($0)", SplitHeads(part: $0, parts: 3, heads: heads, windows: windows),
        [qkv])
    }
    var scores = try graph.add(
      "\(name).scores", MatMul(transposesRight: true, scale: 0.5), [parts[0], parts[1]])
    if let grid {
      let tokens = grid.windowTokenCount
      var offsets = [try constant("\(name).bias", [heads, tokens, tokens], 1)]
      if grid.isShifted {
        let mask = grid.attentionMask(shiftRows: grid.shiftRows, shiftColumns: grid.shiftColumns)
        offsets.append(try graph.add("\(name).mask", Constant(mask)))
      }
      scores = try graph.add(
        "\(name).biased", AttentionBias(windows: windows), [scores] + offsets)
    }
    let attention = try graph.add("\(name).attention", Softmax(), [scores])
    graph.landmarks[.attention(block: block)] = attention
    let mixed = try graph.add(
      "\(name).mixed", MatMul(transposesRight: false, scale: 1), [attention, parts[2]])
    let merged = try graph.add("\(name).merged", MergeHeads(windows: windows), [mixed])
    graph.landmarks[.attentionOutput(block: block)] = merged
    var projected = try linear("\(name).proj", merged, from: width, to: width, scale)
    if let grid { projected = try graph.add("\(name).grid", WindowReverse(grid), [projected]) }
    let y = try graph.add("\(name).residual1", Add(), [x, projected])
    let hidden = try linear(
      "\(name).fc1", try norm("\(name).norm2", y), from: width, to: 2 * width, scale)
    let active = try graph.add("\(name).gelu", GELU(.erf), [hidden])
    let z = try linear("\(name).fc2", active, from: 2 * width, to: width, scale)
    let result = try graph.add("\(name).residual2", Add(), [y, z])
    graph.landmarks[.blockOutput(block: block)] = result
    return result
  }

  private mutating func norm(_ name: String, _ x: NodeID) throws -> NodeID {
    let (gamma, beta) = (
      try constant("\(name).weight", [width], 1), try constant("\(name).bias", [width], 0.5)
    )
    return try graph.add(name, LayerNorm(epsilon: 1e-6), [x, gamma, beta])
  }

  private mutating func linear(
    _ name: String, _ x: NodeID, from inputs: Int, to outputs: Int, _ scale: Float
  ) throws -> NodeID {
    let weight = try constant("\(name).weight", [outputs, inputs], scale)
    let bias = try constant("\(name).bias", [outputs], 0.1)
    return try graph.add(name, Linear(), [x, weight, bias])
  }

  private mutating func constant(
    _ name: String, _ shape: Shape, _ scale: Float
  ) throws -> NodeID {
    let elements = generator.floats(shape.elementCount).map { $0 * scale }
    return try graph.add(name, Constant(Tensor(shape, elements)))
  }
}
