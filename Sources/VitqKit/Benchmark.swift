package import VitqReporting

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Size, load time, speed and memory of models, measured in one run.
package struct Benchmark: Sendable {
  /// What was measured of one model.
  package struct Row: Sendable {
    package let path: String
    package let engine: String
    package let threads: Int
    package let fileByteCount: Int
    package let loadSeconds: Double
    /// Seconds of one image, from the model's input bytes to its logits.
    package let latency: Samples
    /// Peak resident memory of a whole `vitq infer` process; `nil` if it could not be run.
    package let peakByteCount: Int?
  }

  package let rows: [Row]
  package let machine: String

  /// Times the models, one image of each in turn.
  ///
  /// - Parameters:
  ///   - paths: The models.
  ///   - threads: Numbers of threads that share an image in the packed runtime, a row for each; the
  ///     evaluator has one.
  ///   - runs: Timed runs of each model.
  ///   - warmUpSeconds: How long to run all of them before.
  ///   - machine: The name of the machine, for the report.
  ///   - peak: The peak memory of a process that classifies one image with the model at a path.
  ///   - progress: Called with the number of finished rounds.
  /// - Throws: ``KitError``.
  package init(
    of paths: [String], threads: [Int], runs: Int, warmUpSeconds: Double, machine: String,
    peak: (String) -> Int?, progress: (Int) -> Void
  ) throws(KitError) {
    var contestants: [TimedModel] = []
    for path in paths {
      for count in threads {
        let contestant = try TimedModel(path: path, threads: count)
        if contestant.classifier.isPacked || count == threads.first {
          contestants.append(contestant)
        }
      }
    }
    let start = ContinuousClock.now
    repeat {
      for contestant in contestants { _ = try contestant.run() }
    } while (ContinuousClock.now - start).inSeconds < warmUpSeconds
    var seconds: [[Double]] = Array(repeating: [], count: contestants.count)
    for round in 0..<runs {
      for (index, contestant) in contestants.enumerated() {
        seconds[index].append(try contestant.run())
      }
      progress(round + 1)
    }
    self.machine = machine
    var peaks: [String: Int] = [:]
    for path in paths { peaks[path] = peak(path) }
    rows = zip(contestants, seconds).map { contestant, seconds in
      Row(
        path: contestant.classifier.path, engine: contestant.classifier.engine,
        threads: contestant.threads,
        fileByteCount: Self.byteCount(of: contestant.classifier.path),
        loadSeconds: contestant.loadSeconds, latency: Samples(seconds),
        peakByteCount: peaks[contestant.classifier.path])
    }
  }

  private static func byteCount(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}

extension Benchmark: RowReport {
  /// The table of the rows; ratios are to the first.
  package var table: Table {
    var table = Table([
      "model", ">size", ">load ms", ">ms min", ">median", ">p90", ">images/s", ">peak RSS",
      ">speed-up", ">threads", "engine",
    ])
    for row in rows {
      table.append([
        row.path, Figures.megabytes(row.fileByteCount), Figures.milliseconds(row.loadSeconds),
        Figures.milliseconds(row.latency.minimum), Figures.milliseconds(row.latency.median),
        Figures.milliseconds(row.latency.percentile90),
        Figures.fixed(1 / row.latency.median, 1),
        row.peakByteCount.map(Figures.megabytes) ?? "–",
        Figures.fixed(rows[0].latency.median / row.latency.median, 2) + "×",
        "\(row.threads)", row.engine,
      ])
    }
    return table
  }

  /// The rows with all samples.
  package var records: Records {
    Records(
      rows.map { row in
        [
          ("model", .string(row.path)), ("engine", .string(row.engine)),
          ("threads", .integer(row.threads)), ("file_bytes", .integer(row.fileByteCount)),
          ("load_seconds", .number(row.loadSeconds)),
          ("min_seconds", .number(row.latency.minimum)),
          ("median_seconds", .number(row.latency.median)),
          ("p90_seconds", .number(row.latency.percentile90)),
          ("peak_bytes", row.peakByteCount.map(JSONText.integer) ?? .null),
          ("samples_seconds", .array(row.latency.sorted.map(JSONText.number))),
        ]
      })
  }

  package var document: JSONText {
    .object([
      ("schema", .string("vitq.bench/1")), ("machine", .string(machine)),
      ("models", records.json),
    ])
  }
}
