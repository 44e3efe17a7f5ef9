package import VitqGraph
import VitqOps
package import VitqTensor
import VitqTestSupport

/// A small Swin transformer with random weights, as timm builds it.
package struct RandomSwinTransformer: Sendable, CustomStringConvertible {
  package var description: String
  package var imageHeight = 32
  package var imageWidth = 32
  package var patchSide = 2
  package var windowHeight = 4
  package var windowWidth = 4
  package var width = 24
  package var heads = [3, 6]
  package var depths = [2, 2]
  package var classes = 10
  package var seed: UInt64 = 1

  package init(_ description: String) { self.description = description }

  /// One model for each variant.
  package static let all: [RandomSwinTransformer] = {
    func variant(
      _ name: String, _ change: (inout RandomSwinTransformer) -> Void
    ) -> RandomSwinTransformer {
      var model = RandomSwinTransformer(name)
      change(&model)
      return model
    }
    return [
      // Stage 1 has so many windows that threads get whole ones, stage 2 so few that they do not.
      variant("whole windows") { _ in },
      variant("padding") {
        $0.imageHeight = 30
        $0.imageWidth = 34
        $0.depths = [2, 1]
      },
      variant("padding, odd sides, three stages") {
        $0.imageHeight = 20
        $0.imageWidth = 28
        $0.heads = [1, 2, 4]
        $0.depths = [2, 2, 1]
        $0.width = 20
      },
      variant("oblong windows") {
        $0.windowHeight = 2
        $0.windowWidth = 8
        $0.heads = [2, 3]
      },
      variant("windows of 7") {
        $0.imageHeight = 28
        $0.imageWidth = 28
        $0.windowHeight = 7
        $0.windowWidth = 7
        $0.width = 32
        $0.heads = [1, 2]
      },
    ]
  }()

  package var imageShape: Shape { [3, imageHeight, imageWidth] }

  /// Normalised images.
  package func images(_ count: Int, seed: UInt64) -> [Tensor] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in
      Tensor(imageShape, generator.floats(imageShape.elementCount).map { $0 * 1.9 })
    }
  }

  package func graph() throws(GraphError) -> Graph {
    var builder = Builder(model: self)
    return try builder.build()
  }
}

private struct Builder {
  let model: RandomSwinTransformer
  var graph = Graph()
  var generator: SplitMix64

  init(model: RandomSwinTransformer) {
    self.model = model
    generator = SplitMix64(seed: model.seed)
  }

  mutating func build() throws(GraphError) -> Graph {
    let image = try graph.add("image", Input(model.imageShape))
    graph.landmarks[.image] = image
    let patches = try graph.add("patches", ImagePatches(side: model.patchSide), [image])
    var (height, width) = (
      model.imageHeight / model.patchSide, model.imageWidth / model.patchSide
    )
    let embedded = try linear("patch_embed.proj", patches, outputs: model.width)
    graph.landmarks[.patchTokens] = embedded
    var x = try norm("patch_embed.norm", embedded)
    var block = 0
    for (stage, depth) in model.depths.enumerated() {
      if stage > 0 {
        x = try merge("layers.\(stage).downsample", x, height: height, width: width)
        (height, width) = ((height + 1) / 2, (width + 1) / 2)
      }
      for index in 0..<depth {
        let grid = grid(height: height, width: width, isShifted: index % 2 == 1)
        x = try self.block(
          block, "layers.\(stage).blocks.\(index)", x, grid, heads: model.heads[stage])
        block += 1
      }
    }
    let mean = try graph.add("mean", MeanRows(), [try norm("norm", x)])
    graph.landmarks[.features] = mean
    let logits = try linear("head.fc", mean, outputs: model.classes)
    graph.landmarks[.logits] = logits
    graph.outputs = [logits]
    return graph
  }

  /// A window as large as the grid is not shifted.
  private func grid(height: Int, width: Int, isShifted: Bool) -> WindowGrid {
    let (windowHeight, windowWidth) = (
      min(model.windowHeight, height), min(model.windowWidth, width)
    )
    return WindowGrid(
      height: height, width: width, windowHeight: windowHeight, windowWidth: windowWidth,
      shiftRows: isShifted && windowHeight < height ? windowHeight / 2 : 0,
      shiftColumns: isShifted && windowWidth < width ? windowWidth / 2 : 0)
  }

  private mutating func merge(
    _ name: String, _ x: NodeID, height: Int, width: Int
  ) throws(GraphError) -> NodeID {
    let merged = try graph.add("\(name).merge", MergePatches(height: height, width: width), [x])
    let normed = try norm("\(name).norm", merged)
    return try linear(
      "\(name).reduction", normed, outputs: 2 * graph[x].shape.width, hasBias: false)
  }

  private mutating func block(
    _ index: Int, _ name: String, _ x: NodeID, _ grid: WindowGrid, heads: Int
  ) throws(GraphError) -> NodeID {
    let width = graph[x].shape.width
    let windows = grid.windowCount
    let normed = try norm("\(name).norm1", x)
    let partition = try graph.add("\(name).partition", WindowPartition(grid), [normed])
    let qkv = try linear("\(name).attn.qkv", partition, outputs: 3 * width)
    var parts: [NodeID] = []
    for (part, role) in ["q", "k", "v"].enumerated() {
      let split = SplitHeads(part: part, parts: 3, heads: heads, windows: windows)
      parts.append(try graph.add("\(name).attn.\(role)", split, [qkv]))
    }
    let scale = 1 / Float(width / heads).squareRoot()
    let scores = try graph.add(
      "\(name).attn.scores", MatMul(transposesRight: true, scale: scale), [parts[0], parts[1]])
    let biased = try graph.add(
      "\(name).attn.biased", AttentionBias(windows: windows),
      [scores] + (try offsets("\(name)", grid, heads: heads)))
    let attention = try graph.add("\(name).attn.softmax", Softmax(), [biased])
    graph.landmarks[.attention(block: index)] = attention
    let weighted = try graph.add(
      "\(name).attn.weighted", MatMul(transposesRight: false, scale: 1), [attention, parts[2]])
    let merged = try graph.add(
      "\(name).attn.merged", MergeHeads(windows: windows), [weighted])
    graph.landmarks[.attentionOutput(block: index)] = merged
    let projected = try linear("\(name).attn.proj", merged, outputs: width)
    let reversed = try graph.add("\(name).reverse", WindowReverse(grid), [projected])
    let middle = try graph.add("\(name).add1", Add(), [x, reversed])

    let hidden = try linear(
      "\(name).mlp.fc1", try norm("\(name).norm2", middle), outputs: 4 * width)
    let activated = try graph.add("\(name).mlp.act", GELU(.erf), [hidden])
    let output = try linear("\(name).mlp.fc2", activated, outputs: width)
    let sum = try graph.add("\(name).add2", Add(), [middle, output])
    graph.landmarks[.blockOutput(block: index)] = sum
    return sum
  }

  /// The bias of each head, and the mask of a shifted grid.
  private mutating func offsets(
    _ name: String, _ grid: WindowGrid, heads: Int
  ) throws(GraphError) -> [NodeID] {
    let tokens = grid.windowTokenCount
    let (down, across) = (2 * grid.windowHeight - 1, 2 * grid.windowWidth - 1)
    let table = generator.floats(heads * down * across).map { $0 * 2 }
    var bias: [Float] = []
    for head in 0..<heads {
      for query in 0..<tokens {
        for key in 0..<tokens {
          let dy = query / grid.windowWidth - key / grid.windowWidth + grid.windowHeight - 1
          let dx = query % grid.windowWidth - key % grid.windowWidth + grid.windowWidth - 1
          bias.append(table[(head * down + dy) * across + dx])
        }
      }
    }
    let biasID = try graph.add(
      "\(name).attn.relative_position_bias", Constant(Tensor([heads, tokens, tokens], bias)))
    guard grid.isShifted else { return [biasID] }
    var regions: [Int] = []
    let padded = (grid.windowRows * grid.windowHeight, grid.windowColumns * grid.windowWidth)
    func region(_ place: Int, _ side: Int, _ window: Int, _ shift: Int) -> Int {
      place < side - window ? 0 : place < side - shift ? 1 : 2
    }
    grid.forEachWindowToken { row, column in
      let down = region(row, padded.0, grid.windowHeight, grid.shiftRows)
      let across = region(column, padded.1, grid.windowWidth, grid.shiftColumns)
      regions.append(3 * down + across)
    }
    var mask: [Float] = []
    for window in 0..<grid.windowCount {
      let labels = regions[window * tokens..<(window + 1) * tokens]
      for query in labels { for key in labels { mask.append(query == key ? 0 : -100) } }
    }
    let maskID = try graph.add(
      "\(name).attn_mask", Constant(Tensor([grid.windowCount, tokens, tokens], mask)))
    return [biasID, maskID]
  }

  // MARK: Layers

  private mutating func constant(
    _ name: String, _ shape: Shape, _ amplitude: Float, around centre: Float = 0
  ) throws(GraphError) -> NodeID {
    let elements = generator.floats(shape.elementCount).map { centre + amplitude * $0 }
    return try graph.add(name, Constant(Tensor(shape, elements)))
  }

  private mutating func linear(
    _ name: String, _ x: NodeID, outputs: Int, hasBias: Bool = true
  ) throws(GraphError) -> NodeID {
    let inputs = graph[x].shape.width
    let weight = try constant(
      "\(name).weight", [outputs, inputs], 2 / Float(inputs).squareRoot())
    let bias = try constant("\(name).bias", [outputs], hasBias ? 0.3 : 0)
    return try graph.add(name, Linear(), [x, weight, bias])
  }

  private mutating func norm(_ name: String, _ x: NodeID) throws(GraphError) -> NodeID {
    let width = graph[x].shape.width
    let gamma = try constant("\(name).weight", [width], 0.5, around: 1)
    let beta = try constant("\(name).bias", [width], 0.3)
    return try graph.add(name, LayerNorm(epsilon: 1e-5), [x, gamma, beta])
  }
}
