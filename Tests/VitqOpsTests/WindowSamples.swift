import VitqOps
import VitqTensor

extension OperationSample {
  /// Grids whose windows cover them, need padding, are shifted in one or both directions.
  static let windowGrids = [
    WindowGrid(height: 4, width: 6, windowHeight: 2, windowWidth: 3),
    WindowGrid(height: 4, width: 4, windowHeight: 2, windowWidth: 2, shiftRows: 1, shiftColumns: 1),
    WindowGrid(height: 5, width: 7, windowHeight: 3, windowWidth: 3, shiftRows: 1, shiftColumns: 1),
    WindowGrid(height: 3, width: 8, windowHeight: 3, windowWidth: 3, shiftColumns: 1),
    WindowGrid(height: 2, width: 2, windowHeight: 3, windowWidth: 3, shiftRows: 1, shiftColumns: 1),
  ]

  static let windows: [OperationSample] =
    windowGrids.enumerated().flatMap { index, grid in
      [partition(grid, index), reverse(grid, index)]
    } + merging + windowedHeads + biases

  private static func partition(_ grid: WindowGrid, _ index: Int) -> OperationSample {
    OperationSample(
      "windows of grid \(index)", WindowPartition(grid),
      [tensor([grid.tokenCount, 5], seed: 40 + UInt64(index))]
    ) { v in
      tokens(of: grid).flatMap { token in (0..<5).map { c in token.map { v[0][$0, c] } ?? 0 } }
    }
  }

  private static func reverse(_ grid: WindowGrid, _ index: Int) -> OperationSample {
    let places = tokens(of: grid)
    return OperationSample(
      "grid \(index) of windows", WindowReverse(grid),
      [tensor([places.count, 5], seed: 50 + UInt64(index))]
    ) { v in
      var y = [Double](repeating: .nan, count: grid.tokenCount * 5)
      for (place, token) in places.enumerated() {
        guard let token else { continue }
        for c in 0..<5 { y[token * 5 + c] = v[0][place, c] }
      }
      return y
    }
  }

  /// The grid's token of each token of the windows, by arrays that are rolled, padded and cut as
  /// timm's are.
  private static func tokens(of grid: WindowGrid) -> [Int?] {
    let (height, width) = (grid.height, grid.width)
    let rolled = (0..<height).map { r in
      (0..<width).map { c -> Int? in
        (r + grid.shiftRows) % height * width + (c + grid.shiftColumns) % width
      }
    }
    var padded = rolled
    while padded[0].count % grid.windowWidth != 0 { for r in 0..<height { padded[r].append(nil) } }
    while padded.count % grid.windowHeight != 0 {
      padded.append(Array(repeating: nil, count: padded[0].count))
    }
    var result: [Int?] = []
    for top in stride(from: 0, to: padded.count, by: grid.windowHeight) {
      for left in stride(from: 0, to: padded[0].count, by: grid.windowWidth) {
        for row in padded[top..<(top + grid.windowHeight)] {
          result += row[left..<(left + grid.windowWidth)]
        }
      }
    }
    return result
  }

  private static let merging: [OperationSample] = [(4, 6), (3, 5), (1, 2)].map { height, width in
    OperationSample(
      "merged patches of \(height) × \(width)", MergePatches(height: height, width: width),
      [tensor([height * width, 3], seed: 60)]
    ) { v in
      var y: [Double] = []
      for row in 0..<((height + 1) / 2) {
        for column in 0..<((width + 1) / 2) {
          for (r, c) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let (r, c) = (2 * row + r, 2 * column + c)
            for k in 0..<3 { y.append(r < height && c < width ? v[0][r * width + c, k] : 0) }
          }
        }
      }
      return y
    }
  }

  private static let windowedHeads: [OperationSample] = [
    OperationSample(
      "keys of 2 heads in 3 windows", SplitHeads(part: 1, parts: 3, heads: 2, windows: 3),
      [tensor([3 * 4, 3 * 2 * 5], seed: 61)]
    ) { v in
      (0..<3).flatMap { w in
        (0..<2).flatMap { h in
          (0..<4).flatMap { n in (0..<5).map { v[0][w * 4 + n, 10 + h * 5 + $0] } }
        }
      }
    },
    OperationSample(
      "merged heads of 3 windows", MergeHeads(windows: 3), [tensor([3 * 2, 4, 5], seed: 62)]
    ) { v in
      (0..<3).flatMap { w in
        (0..<4).flatMap { n in
          (0..<2).flatMap { h in (0..<5).map { v[0][w * 2 + h, n, $0] } }
        }
      }
    },
  ]

  private static let biases: [OperationSample] = [
    OperationSample(
      "attention bias", AttentionBias(windows: 3),
      [tensor([3 * 2, 4, 5], seed: 63), tensor([2, 4, 5], seed: 64)]
    ) { v in
      (0..<3).flatMap { w in
        (0..<2).flatMap { h in
          (0..<4).flatMap { n in (0..<5).map { v[0][w * 2 + h, n, $0] + v[1][h, n, $0] } }
        }
      }
    },
    OperationSample(
      "attention bias and mask", AttentionBias(windows: 3),
      [
        tensor([3 * 2, 4, 5], seed: 65), tensor([2, 4, 5], seed: 66),
        tensor([3, 4, 5], seed: 67),
      ]
    ) { v in
      (0..<3).flatMap { w in
        (0..<2).flatMap { h in
          (0..<4).flatMap { n in
            (0..<5).map { v[0][w * 2 + h, n, $0] + v[1][h, n, $0] + v[2][w, n, $0] }
          }
        }
      }
    },
  ]
}
