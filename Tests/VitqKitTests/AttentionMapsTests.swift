import Testing
import VitqKit
import VitqOps
import VitqTensor

/// Maps of what a model attends to, from attention made by hand.
struct AttentionMapsTests {
  /// Each query attends to one token: by head and query.
  private func attention(_ tokens: Int, _ targets: [[Int]]) -> Tensor {
    let rows = targets.flatMap { $0 }
    return Tensor(
      [targets.count, tokens, tokens],
      rows.flatMap { target in (0..<tokens).map { $0 == target ? Float(1) : 0 } })
  }

  @Test func aClassTokenIsTheOnlyQuery() {
    let map = AttentionMaps.map(
      of: attention(5, [[2, 0, 0, 0, 0], [4, 1, 1, 1, 1]]), rows: 2, columns: 2)
    #expect(map == Tensor([2, 2], [0, 0.5, 0, 0.5]))
  }

  @Test func withoutOneAllTokensAre() {
    let map = AttentionMaps.map(of: attention(4, [[0, 0, 0, 3]]), rows: 2, columns: 2)
    #expect(map == Tensor([2, 2], [0.75, 0, 0, 0.25]))
  }

  /// Two windows of one row, shifted: the first has row 1, the second row 0.
  @Test func tokensOfWindowsHaveTheirPlaces() {
    let grid = WindowGrid(height: 2, width: 2, windowHeight: 1, windowWidth: 2, shiftRows: 1)
    let map = AttentionMaps.map(
      of: attention(2, [[0, 0], [0, 1], [1, 1], [1, 1]]), in: grid)
    #expect(map == Tensor([2, 2], [0, 1, 0.75, 0.25]))
  }

  /// One token in a window of two: what it attends to of the padding is left out.
  @Test func paddingNeitherAttendsNorCounts() {
    let grid = WindowGrid(height: 1, width: 3, windowHeight: 1, windowWidth: 2)
    let map = AttentionMaps.map(of: attention(2, [[0, 1], [0, 1]]), in: grid)
    #expect(map == Tensor([1, 3], [0.5, 0.5, 1]))
    let padded = AttentionMaps.map(of: attention(2, [[0, 1], [1, 0]]), in: grid)
    #expect(padded == Tensor([1, 3], [0.5, 0.5, 0]))
  }
}
