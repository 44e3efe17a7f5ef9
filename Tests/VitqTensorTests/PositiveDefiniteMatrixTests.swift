import Testing
import VitqTensor
import VitqTestSupport

struct PositiveDefiniteMatrixTests {
  /// [[4, 2], [2, 5]] = UᵀU with U = [[2, 1], [0, 2]].
  private let matrix = PositiveDefiniteMatrix(order: 2, elements: [4, 2, 2, 5])

  @Test func factorIsUpperTriangular() throws {
    let factor = try #require(matrix.cholesky())
    #expect([factor[0, 0], factor[0, 1], factor[1, 1]] == [2, 1, 2])
  }

  @Test func inverseFillsBothTriangles() throws {
    let inverse = try #require(matrix.inverse())
    let expected: [Float] = [0.3125, -0.125, -0.125, 0.25]
    #expect(Tolerance.rounding.accepts(inverse.elements.map { Float($0) }, expected))
  }

  @Test func indefiniteMatricesHaveNeither() {
    let indefinite = PositiveDefiniteMatrix(order: 2, elements: [1, 2, 2, 1])
    #expect(indefinite.cholesky() == nil)
    #expect(indefinite.inverse() == nil)
    #expect(indefinite.adding(2).cholesky() != nil)
    #expect(indefinite.meanDiagonal == 1)
  }
}
