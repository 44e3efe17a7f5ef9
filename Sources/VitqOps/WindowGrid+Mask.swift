package import VitqTensor

extension WindowGrid {
  /// What keeps tokens from attending across the seams of the cyclic shift (arXiv:2103.14030,
  /// figure 4): 0 between tokens of one region, −100 between others. Shape [windows, T, T].
  ///
  /// As timm does, regions are counted in the padded grid, and by the shift of the model, which
  /// may be larger than the grid.
  ///
  /// - Parameters:
  ///   - shiftRows: The shift along the height; at 0 there is one region along it.
  ///   - shiftColumns: The shift along the width.
  /// - Returns: The mask.
  package func attentionMask(shiftRows: Int, shiftColumns: Int) -> Tensor {
    let (rows, columns) = (windowRows * windowHeight, windowColumns * windowWidth)
    var regions: [Int] = []
    forEachWindowToken { row, column in
      let vertical = Self.region(row, of: rows, window: windowHeight, shift: shiftRows)
      let horizontal = Self.region(column, of: columns, window: windowWidth, shift: shiftColumns)
      regions.append(3 * vertical + horizontal)
    }
    var elements: [Float] = []
    elements.reserveCapacity(regions.count * windowTokenCount)
    for start in stride(from: 0, to: regions.count, by: windowTokenCount) {
      let window = regions[start..<(start + windowTokenCount)]
      for own in window { elements += window.map { $0 == own ? 0 : -100 } }
    }
    return Tensor([windowCount, windowTokenCount, windowTokenCount], elements)
  }

  /// The region along one axis: before the last window, in it, or what the shift carried around.
  private static func region(_ place: Int, of extent: Int, window: Int, shift: Int) -> Int {
    guard shift > 0 else { return 0 }
    return place < extent - window ? 0 : place < extent - shift ? 1 : 2
  }
}
