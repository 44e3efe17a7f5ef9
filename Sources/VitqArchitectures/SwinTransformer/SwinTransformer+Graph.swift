import VitqCheckpoints
import VitqGraph
import VitqOps
import VitqTensor

extension SwinTransformer: Architecture {
  /// The graph of the model, from the normalised image to the class scores.
  ///
  /// Blocks of the landmarks count through all stages.
  ///
  /// - Throws: ``ArchitectureError/archive(_:)`` if a tensor cannot be read.
  func graph(weights archive: any TensorArchive) throws(ArchitectureError) -> Graph {
    try GraphBuilder.graph(of: self, weights: archive) { try $0.build() }
  }
}

extension GraphBuilder<SwinTransformer> {
  fileprivate mutating func build() throws {
    var x = try patchTokens(
      of: image(), patchSide: model.patchSide, width: model.stages[0].width, hasBias: true)
    x = try layerNorm("patch_embed.norm", x)
    var blockIndex = 0
    for (index, stage) in model.stages.enumerated() {
      if index > 0 { x = try merging("layers.\(index).downsample", model.stages[index - 1], x) }
      for block in 0..<stage.depth {
        let name = "layers.\(index).blocks.\(block)"
        x = try transformerBlock(name, stage, block, x, landmark: blockIndex)
        blockIndex += 1
      }
    }
    x = try layerNorm("norm", x)
    let features = try graph.add("pool", MeanRows(), [x])
    graph.landmarks[.features] = features
    let logits = try linear("head.fc", features)
    graph.landmarks[.logits] = logits
    graph.outputs = [logits]
  }

  /// Half the grid, twice the width.
  private mutating func merging(_ name: String, _ from: SwinStage, _ x: NodeID) throws -> NodeID {
    let merged = try graph.add(
      "\(name).merged", MergePatches(height: from.rows, width: from.columns), [x])
    return try linear("\(name).reduction", layerNorm("\(name).norm", merged), hasBias: false)
  }

  private mutating func transformerBlock(
    _ name: String, _ stage: SwinStage, _ block: Int, _ x: NodeID, landmark: Int
  ) throws -> NodeID {
    let grid = stage.grid(block: block)
    let windows = try graph.add(
      "\(name).attn.windows", WindowPartition(grid), [layerNorm("\(name).norm1", x)])
    let attended = try attention(
      AttentionLayer(
        name: "\(name).attn", block: landmark, headCount: stage.headCount,
        headWidth: stage.headWidth, windowCount: grid.windowCount, hasBias: model.hasQKVBias),
      windows, offsets: offsets(name, stage, block))
    let restored = try graph.add("\(name).attn.grid", WindowReverse(grid), [attended])
    let middle = try graph.add("\(name).add1", Add(), [x, restored])
    let h = try perceptron("\(name).mlp", layerNorm("\(name).norm2", middle))
    let output = try graph.add("\(name).add2", Add(), [middle, h])
    graph.landmarks[.blockOutput(block: landmark)] = output
    return output
  }

  /// The relative position bias of a block, and its mask if it is shifted.
  private mutating func offsets(
    _ name: String, _ stage: SwinStage, _ block: Int
  ) throws -> [NodeID] {
    let table = try archive.tensor("\(name).attn.relative_position_bias_table")
    let bias = table.relativePositionBias(of: stage.window)
    var result = [try graph.add("\(name).attn.relative_position_bias", Constant(bias))]
    if let mask = stage.mask(block: block) {
      result.append(try graph.add("\(name).attn_mask", Constant(mask)))
    }
    return result
  }
}

extension Tensor {
  /// The bias of each pair of tokens of a window (arXiv:2103.14030, equation 4).
  ///
  ///     b[h, i, j] = t[(Δr + R − 1) (2 C − 1) + Δc + C − 1, h], Δ = place of i − place of j
  ///
  /// The tensor is the table t [(2 R − 1)(2 C − 1), heads] of windows of R rows and C columns.
  ///
  /// - Parameter window: The extent R × C.
  /// - Returns: The bias [heads, R · C, R · C].
  func relativePositionBias(of window: WindowSize) -> Tensor {
    let (rows, columns, heads) = (window.height, window.width, shape[1])
    let tokenCount = rows * columns
    var bias: [Float] = []
    bias.reserveCapacity(heads * tokenCount * tokenCount)
    for head in 0..<heads {
      for i in 0..<tokenCount {
        for j in 0..<tokenCount {
          let row = i / columns - j / columns + rows - 1
          let column = i % columns - j % columns + columns - 1
          bias.append(elements[(row * (2 * columns - 1) + column) * heads + head])
        }
      }
    }
    return Tensor([heads, tokenCount, tokenCount], bias)
  }
}
