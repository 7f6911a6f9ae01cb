// The part of ECharts that the report uses.
export { init } from "echarts/core";
import { use } from "echarts/core";
import { BarChart, LineChart, SankeyChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

use([BarChart, LineChart, SankeyChart, AriaComponent, GridComponent, TooltipComponent, SVGRenderer]);
