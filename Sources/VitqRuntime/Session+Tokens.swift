public import VitqImage

extension Session {
  /// What blocks give for any image, which the model's own preprocessing resizes and crops.
  ///
  /// - Parameters:
  ///   - image: The image.
  ///   - blocks: Blocks of 0 ..< ``Model/blockCount``, in any order.
  /// - Returns: One for each of `blocks`, in their order.
  /// - Throws: ``RuntimeError``: the model has no such block or does not say how images are
  ///   prepared, or a side of the image is not 1 to 65 535 pixels.
  public mutating func tokens(
    of image: PixelBuffer, after blocks: [Int]
  ) throws(RuntimeError) -> [BlockTokens] {
    try outputs(of: image, after: blocks).tokens
  }

  /// The same of an image of exactly the model's input size.
  public mutating func tokens(
    ofCrop crop: PixelBuffer, after blocks: [Int]
  ) throws(RuntimeError) -> [BlockTokens] {
    try outputs(ofCrop: crop, after: blocks).tokens
  }

  /// The logits of any image, and what blocks give for it.
  package mutating func outputs(
    of image: PixelBuffer, after blocks: [Int]
  ) throws(RuntimeError) -> (logits: [Float], tokens: [BlockTokens]) {
    let crop = try model.crop(of: image)
    return try outputs(ofCrop: crop, after: blocks)
  }

  /// The same of an image of exactly the model's input size.
  package mutating func outputs(
    ofCrop crop: PixelBuffer, after blocks: [Int]
  ) throws(RuntimeError) -> (logits: [Float], tokens: [BlockTokens]) {
    for block in blocks where !(0..<model.blockCount).contains(block) {
      throw RuntimeError(
        .invalidBlock,
        "block: not in the model: expected 0 to \(model.blockCount - 1), found \(block)")
    }
    var found: [Int: BlockTokens] = [:]
    let logits = try run(crop, stoppingAfter: Set(blocks).sorted()) { session, block in
      let location = session.model.blocks.locations[block]
      let tokens = location.rows.map { session.floats(of: location.buffer, row: $0) }
      found[block] = BlockTokens(block: block, tokens: tokens)
    }
    return (logits, blocks.compactMap { found[$0] })
  }
}
