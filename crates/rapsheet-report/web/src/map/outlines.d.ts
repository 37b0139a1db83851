declare module 'virtual:outlines' {
  const outlines: import('topojson-specification').Topology;
  export default outlines;
}
