/** Fills a database that has the tables of 1.0.0: 100,000 timesheets unless said otherwise. */
export declare function seedDatabase(
  envFile: string,
  options?: { readonly rows?: number; readonly seed?: number },
): Promise<{ readonly users: number; readonly projects: number; readonly timesheets: number }>;
