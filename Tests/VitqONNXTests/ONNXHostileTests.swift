import Foundation
import Testing
import VitqFormat
import VitqONNX
import VitqTestSupport

/// Files made to cost time or memory, and damage that no reader can foresee.
struct ONNXHostileTests {
  private static func varint(_ value: Int) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private static func chunk(_ number: Int, _ contents: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(contents.count) + contents
  }

  private static func many(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
    Array([[UInt8]](repeating: bytes, count: count).joined())
  }

  /// A model whose graph has the given bytes.
  private static func model(_ graph: [UInt8]) -> [UInt8] {
    [8, 8] + chunk(8, [0x10, 17]) + chunk(7, graph)
  }

  private static let floods: [(String, @Sendable () -> [UInt8])] = [
    ("nodes", { model(many([0x0A, 0], 1_000_000)) }),
    ("initializers", { model(many([0x2A, 0], 1_000_000)) }),
    ("opsets", { [8, 8] + many([0x42, 0], 1_000_000) }),
    ("operands", { model(chunk(1, many([0x0A, 0], 1_000_000))) }),
    ("attributes", { model(chunk(1, many([0x2A, 0], 1_000_000))) }),
    ("dimensions", { model(chunk(5, chunk(1, many([1], 4_000_000)))) }),
    ("numbers", { model(chunk(1, chunk(5, chunk(8, many([1], 4_000_000))))) }),
    ("floats", { model(chunk(1, chunk(5, chunk(7, many([0], 16_000_000))))) }),
    ("unpacked floats", { model(chunk(5, many([0x25, 0, 0, 0, 0], 2_000_000))) }),
    ("unknown fields", { [8, 8] + many([0xF8, 7, 0], 9_000_000) }),
    ("text", { model(chunk(1, chunk(3, many([0x61], 20_000_000)))) }),
  ]

  @Test(arguments: floods.indices)
  func refusesAFlood(_ index: Int) {
    let bytes = FileBytes(Self.floods[index].1())
    let start = Self.processorSeconds
    #expect(throws: ONNXError.self, "\(Self.floods[index].0)") {
      try ONNXReader.model(in: bytes, folder: "")
    }
    let seconds = Self.processorSeconds - start
    #expect(seconds < 1, "\(Self.floods[index].0): \(seconds) s")
  }

  /// The time that this thread has had a processor, so that other tests do not count.
  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  @Test func refusesEveryTruncation() throws {
    let whole = try Fixtures.bytes("malformed/onnx/good.onnx")
    // The opset follows the graph: without it, nothing is complete.
    for count in 1..<whole.count {
      #expect(throws: ONNXError.self, "\(count) bytes") {
        try ONNXReader.model(in: FileBytes(Array(whole.prefix(count))), folder: "")
      }
    }
  }

  @Test(arguments: ["vit.dynamo-23", "swin.legacy-14"])
  func survivesDamageAnywhere(_ name: String) throws {
    let original = try Fixtures.bytes("onnx/\(name).onnx")
    var generator = SplitMix64(seed: 11)
    for _ in 0..<200 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = .random(
          in: .min ... .max, using: &generator)
      }
      do throws(ONNXError) {
        let model = try ONNXReader.model(in: FileBytes(bytes), folder: "")
        for tensor in model.graph.initializers.values { _ = (tensor.floats, tensor.integers) }
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }

  @Test func refusesHardLinkedData() throws {
    let folder = try TemporaryFolder()
    try folder.write(Fixtures.bytes("malformed/onnx/external.onnx"), to: "m.onnx")
    try folder.write(Array(repeating: 0, count: 16), to: "good.data")
    #expect(try ONNXReader.model(at: folder.file("m.onnx")).graph.nodes.count == 1)
    try FileManager.default.linkItem(
      atPath: folder.file("good.data"), toPath: folder.file("second"))
    #expect(
      throws: ONNXError.externalData(tensor: "w", location: "good.data", .file(.hardLinked))
    ) { try ONNXReader.model(at: folder.file("m.onnx")) }
  }

  @Test func refusesWhatIsNotAFile() {
    #expect(throws: ONNXError.file(.notRegularFile)) { try ONNXReader.model(at: "/dev/zero") }
    #expect(throws: ONNXError.file(.isDirectory)) { try ONNXReader.model(at: "/") }
    #expect(throws: ONNXError.file(.notFound)) { try ONNXReader.model(at: "/none.onnx") }
  }
}
