import Testing
import VitqONNX
import VitqTensor

struct ONNXTensorTests {
  @Test func isAWeightOnlyIfItsElementsAreFinite() throws {
    #expect(try ONNXTensor([2], [1.0, 2.0] as [Float]).weight(named: "w") == Tensor([2], [1, 2]))
    #expect(throws: ONNXError.nonFinite(tensor: "w", index: 1, value: .infinity)) {
      try ONNXTensor([2], [1.0, .infinity] as [Float]).weight(named: "w")
    }
    #expect(throws: ONNXError.notAWeight(tensor: "w", found: "INT64")) {
      try ONNXTensor([2], [1, 2] as [Int]).weight(named: "w")
    }
  }
}
