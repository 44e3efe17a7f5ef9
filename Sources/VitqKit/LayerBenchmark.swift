import VitqFormat
package import VitqReporting
import VitqRuntime

/// The time of each instruction of a packed model, beside the integer peak of the core.
package struct LayerBenchmark: Sendable {
  /// One instruction of the program.
  package struct Row: Sendable {
    package let index: Int
    /// The module of the model it belongs to.
    package let module: String
    package let kind: String
    package let shape: String
    /// Bits of a weight.
    package let bits: Int?
    /// Products of two codes that it adds up.
    package let productCount: Int
    /// Seconds of the thread that took longest.
    package let seconds: Samples
  }

  package let path: String
  package let rows: [Row]
  package let threads: Int
  package let instructionSet: String
  /// What multiplies in the kernels, and how many products a second one core makes of it at best;
  /// `nil` if nothing bounds the kernels.
  package let peak: (instruction: String, productsPerSecond: Double)?
  /// Seconds of whole images.
  package let latency: Samples
  /// Seconds that the first thread waited for others, in a whole image.
  package let waiting: Samples
  package let machine: String

  /// Times the instructions of a model; each run stands behind a calibration.
  ///
  /// - Parameters:
  ///   - path: A packed model.
  ///   - threads: Threads that share an image.
  ///   - runs: Timed runs.
  ///   - warmUpSeconds: How long to run before.
  ///   - machine: The name of the machine, for the report.
  /// - Throws: ``KitError``, also if the model is not packed.
  package init(
    of path: String, threads: Int, runs: Int, warmUpSeconds: Double, machine: String
  ) throws(KitError) {
    let model = try TimedModel(path: path, threads: threads)
    guard let packed = model.classifier.packedModel else {
      throw KitError(
        .unavailable, "\(path): full precision: expected a quantized model; run vitq quantize")
    }
    let start = ContinuousClock.now
    repeat { _ = try model.run() } while (ContinuousClock.now - start).inSeconds < warmUpSeconds
    let calibration = IntegerPeak(packed.instructionSet)
    var best = 0.0
    var times: [InstructionTimes] = []
    var wholes: [Double] = []
    for _ in 0..<runs {
      if let calibration { best = max(best, calibration.measure()) }
      let (seconds, time) = try model.timedRun()
      times.append(time)
      wholes.append(seconds)
    }
    self.path = path
    self.threads = threads
    self.machine = machine
    instructionSet = packed.instructionSet.name
    peak = calibration.map { ($0.instruction, best) }
    latency = Samples(wholes)
    waiting = Samples(times.map(\.waitingSeconds))
    let program = packed.program
    let modules = program.moduleNames()
    rows = program.instructions.enumerated().compactMap { index, instruction in
      if case .barrier = instruction { return nil }
      return Row(
        index: index, module: modules[index], kind: instruction.kind,
        shape: program.shape(of: instruction), bits: instruction.weightBits,
        productCount: program.productCount(of: instruction),
        seconds: Samples(times.map { $0.seconds[index] }))
    }
  }

  /// The part of the peak of all threads that `products` are in the fastest run; the peak is that of
  /// its fastest run too.
  private func shareOfPeak(_ products: Int, in samples: Samples) -> Double? {
    guard let peak, products > 0 else { return nil }
    return Double(products) / samples.minimum / (peak.productsPerSecond * Double(threads))
  }
}

extension LayerBenchmark: RowReport {
  package var table: Table {
    var table = Table([
      ">#", "module", "kind", "shape", ">bits", ">ms", ">share %", ">ms min", ">GOP/s",
      ">% of peak",
    ])
    func line(
      _ index: String, _ names: [String], _ bits: Int?, _ products: Int, _ samples: Samples
    ) {
      let seconds = samples.median
      table.append(
        [index] + names + [
          bits.map(String.init) ?? "", Figures.fixed(seconds * 1e3, 3),
          Figures.fixed(seconds / latency.median * 100, 1), Figures.fixed(samples.minimum * 1e3, 3),
          products > 0 ? Figures.fixed(2 * Double(products) / samples.minimum / 1e9, 0) : "",
          shareOfPeak(products, in: samples).map { Figures.fixed($0 * 100, 1) } ?? "",
        ])
    }
    for row in rows {
      line(
        "\(row.index)", [row.module, row.kind, row.shape], row.bits, row.productCount, row.seconds)
    }
    if threads > 1 { line("", ["waiting", "", ""], nil, 0, waiting) }
    line("", ["whole image", "", ""], nil, rows.map(\.productCount).reduce(0, +), latency)
    return table
  }

  package var records: Records {
    Records(
      rows.map { row in
        let seconds = row.seconds.median
        return [
          ("index", .integer(row.index)), ("module", .string(row.module)),
          ("kind", .string(row.kind)), ("shape", .string(row.shape)),
          ("bits", row.bits.map(JSONText.integer) ?? .null),
          ("min_seconds", .number(row.seconds.minimum)), ("median_seconds", .number(seconds)),
          ("share", .number(seconds / latency.median)), ("products", .integer(row.productCount)),
          (
            "share_of_peak",
            shareOfPeak(row.productCount, in: row.seconds).map(JSONText.number) ?? .null
          ),
        ]
      })
  }

  package var document: JSONText {
    .object([
      ("schema", .string("vitq.bench.layers/1")), ("machine", .string(machine)),
      ("model", .string(path)), ("threads", .integer(threads)),
      ("instruction_set", .string(instructionSet)),
      ("peak_instruction", peak.map { .string($0.instruction) } ?? .null),
      ("peak_products_per_second", peak.map { .number($0.productsPerSecond) } ?? .null),
      ("median_seconds", .number(latency.median)), ("waiting_seconds", .number(waiting.median)),
      ("instructions", records.json),
    ])
  }

  /// What the percentages refer to, in one line.
  package var calibration: String {
    guard let peak else { return "\(instructionSet) kernels, which no one instruction bounds" }
    return
      "\(instructionSet) kernels; peak of a core \(Figures.fixed(2 * peak.productsPerSecond / 1e9, 0)) "
      + "GOP/s (\(peak.instruction), measured between the runs)"
  }
}
