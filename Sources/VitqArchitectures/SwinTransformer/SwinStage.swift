import VitqOps
import VitqTensor

/// The blocks of a Swin Transformer between two mergings of patches.
struct SwinStage: Equatable, Sendable {
  var width: Int
  var depth: Int
  var headCount: Int
  /// d, the width of a head.
  var headWidth: Int
  var hiddenWidth: Int
  /// The grid of tokens.
  var rows: Int
  var columns: Int
  /// The windows in use: those of the constructor, cut to the grid.
  var window: WindowSize
  /// The shift of odd blocks; larger than the grid if windows are not cut to it.
  var shift: WindowSize

  /// The windows of a block; every other one is shifted.
  func grid(block: Int) -> WindowGrid {
    let isShifted = !block.isMultiple(of: 2)
    return WindowGrid(
      height: rows, width: columns, windowHeight: window.height, windowWidth: window.width,
      shiftRows: isShifted ? shift.height % rows : 0,
      shiftColumns: isShifted ? shift.width % columns : 0)
  }

  /// The attention mask [windows, T, T] of a block; `nil` where nothing is masked.
  func mask(block: Int) -> Tensor? {
    guard !block.isMultiple(of: 2), shift != WindowSize(height: 0, width: 0) else { return nil }
    return grid(block: block).attentionMask(shiftRows: shift.height, shiftColumns: shift.width)
  }

  /// The square window whose bias table has `count` rows on this grid; `nil` if there is none.
  func squareWindow(biasCount count: Int, alwaysPartitions: Bool) -> WindowSize? {
    let limit = alwaysPartitions ? WindowGrid.windowLimit : max(rows, columns)
    for side in 1...limit {
      let size = WindowSize(height: side, width: side)
      let placed = size.placed(rows: rows, columns: columns, alwaysPartitions: alwaysPartitions)
      if placed.window.biasCount == count { return size }
      if placed.window.biasCount > count { return nil }
    }
    return nil
  }
}

extension WindowSize {
  /// The rows of a relative position bias table.
  var biasCount: Int { (2 * height - 1) * (2 * width - 1) }

  /// The windows of a constructor cut to a grid, and the shift of odd blocks, as timm's
  /// `_calc_window_shift` has them: a window that covers the grid along an axis is not shifted
  /// along it.
  func placed(
    rows: Int, columns: Int, alwaysPartitions: Bool
  ) -> (window: WindowSize, shift: WindowSize) {
    func placed(_ side: Int, _ extent: Int) -> (side: Int, shift: Int) {
      !alwaysPartitions && extent <= side ? (extent, 0) : (side, side / 2)
    }
    let (vertical, horizontal) = (placed(height, rows), placed(width, columns))
    return (
      WindowSize(height: vertical.side, width: horizontal.side),
      WindowSize(height: vertical.shift, width: horizontal.shift)
    )
  }
}
