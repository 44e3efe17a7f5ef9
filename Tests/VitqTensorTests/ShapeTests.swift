import Testing
import VitqTensor

struct ShapeTests {
  @Test func countsRowsAndElements() {
    let shape: Shape = [2, 3, 5]
    #expect(shape.elementCount == 30)
    #expect(shape.rowCount == 6)
    #expect(shape.width == 5)
  }
}
