import VitqCheckpoints
import VitqOps
import VitqTensor

/// A Swin Transformer of timm's (arXiv:2103.14030; with windows of several sizes,
/// arXiv:2111.14725): every size that its graph depends on.
struct SwinTransformer: Equatable, Sendable {
  let traits: ModelTraits
  let imageHeight: Int
  let imageWidth: Int
  let patchSide: Int
  let classCount: Int
  let hasQKVBias: Bool
  let stages: [SwinStage]
}

extension SwinTransformer {
  /// Recognises the model in the names and shapes of its tensors, which are timm's current ones.
  ///
  /// - Throws: ``ArchitectureError`` naming the first tensor that is missing, left over or of the
  ///   wrong shape.
  init(
    _ state: StateDict, _ traits: ModelTraits, imageHeight: Int, imageWidth: Int
  ) throws(ArchitectureError) {
    guard case .windowed(let windows) = traits.attention else {
      throw .contradiction(
        quantity: "attention", configuration: "of all tokens", tensors: "in windows")
    }
    guard traits.pooling == .average else {
      throw .unsupported(
        quantity: "pooling of a Swin Transformer", found: "'\(traits.pooling.rawValue)'",
        supported: "'avg'")
    }
    let sizes = try state.sizes()
    guard state.contains("head.fc.weight") else { throw .noClassifier }
    self.traits = traits
    (self.imageHeight, self.imageWidth, patchSide) = (imageHeight, imageWidth, sizes.patchSide)
    try checkImage(height: imageHeight, width: imageWidth, patchSide: patchSide)
    if let count = windows.sizes?.count, count != sizes.depths.count {
      throw .contradiction(
        quantity: "window sizes", configuration: "\(count) stages",
        tensors: "\(sizes.depths.count) stages")
    }
    var stages: [SwinStage] = []
    for index in sizes.depths.indices {
      let previous = stages.last.map { (($0.rows + 1) / 2, ($0.columns + 1) / 2) }
      let (rows, columns) = previous ?? (imageHeight / patchSide, imageWidth / patchSide)
      stages.append(
        try state.swinStage(index, sizes, rows: rows, columns: columns, windows: windows))
    }
    self.stages = stages
    hasQKVBias = state.contains("layers.0.blocks.0.attn.qkv.bias")
    let last = stages.last?.width ?? 0
    classCount = try state.required("head.fc.weight", like: [0, last])[0]
    try checkRange("classes", classCount, 1...1_000_000)
    try checkRange("tokens", stages[0].rows * stages[0].columns, 1...262_144)
    try state.check(against: parameters)
  }

  /// The whole state dict, in the order of execution.
  private var parameters: [ArchiveEntry] {
    var result = ParameterList()
    let width = stages[0].width
    result.addPair("patch_embed.proj", [width, 3, patchSide, patchSide])
    result.addPair("patch_embed.norm", [width])
    for (index, stage) in stages.enumerated() {
      let width = stage.width
      if index > 0 {
        let merged = 4 * stages[index - 1].width
        result.addPair("layers.\(index).downsample.norm", [merged])
        result.add("layers.\(index).downsample.reduction.weight", [width, merged])
      }
      for block in 0..<stage.depth {
        let name = "layers.\(index).blocks.\(block)"
        let attended = stage.headCount * stage.headWidth
        result.addPair("\(name).norm1", [width])
        result.add(
          "\(name).attn.relative_position_bias_table", [stage.window.biasCount, stage.headCount])
        result.addPair("\(name).attn.qkv", [3 * attended, width], hasBias: hasQKVBias)
        result.addPair("\(name).attn.proj", [width, attended])
        result.addPair("\(name).norm2", [width])
        result.addPair("\(name).mlp.fc1", [stage.hiddenWidth, width])
        result.addPair("\(name).mlp.fc2", [width, stage.hiddenWidth])
      }
    }
    result.addPair("norm", [stages.last?.width ?? 0])
    result.addPair("head.fc", [classCount, stages.last?.width ?? 0])
    return result.entries
  }
}

extension StateDict {
  /// What the first block of a stage says about the stage, on a grid of tokens.
  fileprivate func swinStage(
    _ index: Int, _ sizes: Sizes, rows: Int, columns: Int, windows: ModelTraits.Windows
  ) throws(ArchitectureError) -> SwinStage {
    let block = "layers.\(index).blocks.0"
    let width = try required("\(block).norm1.weight", like: [0])[0]
    let tableName = "\(block).attn.relative_position_bias_table"
    let table = try required(tableName, like: [0, 0])
    let heads = table[1]
    try checkRange("heads of stage \(index)", heads, 1...256)
    let projection = try required("\(block).attn.qkv.weight", like: [0, width])[0]
    guard projection.isMultiple(of: 3 * heads) else {
      throw .indivisible(
        quantity: "rows of \(block).attn.qkv.weight", value: projection,
        by: "three times the heads", divisor: 3 * heads)
    }
    let hidden = try required("\(block).mlp.fc1.weight", like: [0, width])[0]
    try checkRange("width of stage \(index)", width, 8...8192)
    try checkRange("hidden width of stage \(index)", hidden, 1...65_536)
    var stage = SwinStage(
      width: width, depth: sizes.depths[index], headCount: heads,
      headWidth: projection / (3 * heads), hiddenWidth: hidden, rows: rows, columns: columns,
      window: WindowSize(height: 1, width: 1), shift: WindowSize(height: 0, width: 0))
    let given = windows.sizes.map { $0[index] }
    let size =
      given
      ?? stage.squareWindow(biasCount: table[0], alwaysPartitions: windows.alwaysPartitions)
    guard let size else {
      throw .biasTable(tensor: tableName, found: table, rows: rows, columns: columns)
    }
    try checkRange("window height of stage \(index)", size.height, 1...WindowGrid.windowLimit)
    try checkRange("window width of stage \(index)", size.width, 1...WindowGrid.windowLimit)
    (stage.window, stage.shift) = size.placed(
      rows: rows, columns: columns, alwaysPartitions: windows.alwaysPartitions)
    let tokens = stage.window.height * stage.window.width
    try checkRange("window tokens of stage \(index)", tokens, 1...4096)
    return stage
  }
}
